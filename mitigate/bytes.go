package mitigate

// byteSet is a set of bytes.
type byteSet [256]bool

const alnum = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"

var alphanumeric = bytesOf(alnum)

func bytesOf(chars string) *byteSet {
	s := new(byteSet)
	for i := range len(chars) {
		s[chars[i]] = true
	}
	return s
}

// all reports whether all bytes of text are in the set.
func (s *byteSet) all(text string) bool {
	for i := range len(text) {
		if !s[text[i]] {
			return false
		}
	}
	return true
}
