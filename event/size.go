package event

import "unsafe"

// size estimates what memory an alert takes, for bounds in bytes.
func (e *Event) size() int {
	header := len(e.Rule) + len(e.Source) + len(e.Hostname) + len(e.Output) + len(e.Message)
	for _, tag := range e.Tags {
		header += len(tag)
	}
	// The strings of a decoded alert lie in the text that its fields index.
	text := max(len(e.Fields.text), len(e.extra.text), header)
	return int(unsafe.Sizeof(*e)) + len(e.Tags)*int(unsafe.Sizeof("")) +
		(cap(e.Fields.index)+len(e.extra.index))*int(unsafe.Sizeof(entry{})) + text
}
