// Package proof holds tests that read what falconer writes with the real
// readers of it: a Markdown and an HTML parser, a JSON Schema validator, a
// shell parser, Kubernetes' own types, a browser. It is a module of its own, so
// that nobody who imports falconer inherits these readers.
package proof
