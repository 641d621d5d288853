package event

import "unsafe"

// room is the memory that a decoded alert lives in, beside the Event.
type room struct {
	memory []entry // the index of the fields, and behind it the text
	tags   [inlineTags]string
	reused bool // for one alert after the other
}

// inlineTags is how many tags an alert holds without an allocation of their
// own.
const inlineTags = 12

// lay copies data into the room, with space for an index of most entries
// before it.
func (r *room) lay(data []byte, most int) (index []entry, buf []byte) {
	const size = int(unsafe.Sizeof(entry{}))
	all := most + (len(data)+pad+size-1)/size
	// What a large record left behind that was no alert is not for a small
	// alert to hold.
	if cap(r.memory) < all || !r.reused && cap(r.memory) > 2*all {
		r.memory = make([]entry, all)
	}
	r.memory = r.memory[:all]
	// An entry holds no pointers and needs less alignment than it gets.
	buf = unsafe.Slice((*byte)(unsafe.Pointer(&r.memory[most])), len(data)+pad)
	copy(buf, data)
	clear(buf[len(data):])
	return r.memory[:most:most], buf
}

// entryList is a part of the index that grows without duplicates. Falco prints
// its keys in order, and in a list in order only the last needs a look.
type entryList struct {
	n      int
	sorted bool            // each name is greater than the one before
	names  map[string]bool // once there are many out of order
}

// has looks for a key among the entries, which are all that l has so far.
func (l *entryList) has(d *alertReader, entries []entry, key string) bool {
	const few = 32
	if len(entries) < few {
		for i := range entries {
			if e := &entries[i]; int(e.nameLen) == len(key) && d.text(int(e.name), int(e.name+e.nameLen)) == key {
				return true
			}
		}
		return false
	}
	if l.names == nil {
		l.names = make(map[string]bool, 2*len(entries))
		for i := range entries {
			e := &entries[i]
			l.names[d.text(int(e.name), int(e.name+e.nameLen))] = true
		}
	}
	before := l.names[key]
	l.names[key] = true
	return before
}
