package event

import "unsafe"

// size estimates what memory an alert takes, for bounds in bytes.
func (e *Event) size() int {
	n := int(unsafe.Sizeof(*e)) + len(e.Rule) + len(e.Source) + len(e.Hostname) + len(e.Output) + len(e.Message)
	for _, tag := range e.Tags {
		n += int(unsafe.Sizeof(tag)) + len(tag)
	}
	for _, fields := range [2][]field{e.Fields.list, e.extra} {
		n += max(len(fields), cap(fields)) * int(unsafe.Sizeof(field{}))
		for i := range fields {
			n += len(fields[i].name) + len(fields[i].value.text)
		}
	}
	return n
}
