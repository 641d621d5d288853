// Package yaml reads YAML the way Falco's engine does, which reads it with
// yaml-cpp: what that accepts is accepted, what it makes of a text is made of
// it, and what it refuses is refused at the same place in the same words.
// Other readers differ on many a file with a slip in it, such as a key without
// a colon, a quote that is never closed or an item that is not indented right,
// and a checker of rule files lives on just those.
//
// A text becomes tokens ([scanner]), whose scalars are put together line by
// line (scalar.go), and the tokens become nodes ([parser]). A node knows where
// it stands and, if asked, where each byte of it comes from.
package yaml
