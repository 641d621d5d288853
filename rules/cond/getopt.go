package cond

import "strings"

// getopt lists the options of a command line as getopt(3) finds them: its
// arguments are a list of words and a text in which each character is an
// option, with a colon behind it if it has a value. The list has each option
// and, behind it, its value; ? for one that is not in the text; and "" for a
// value that is missing. Reading stops at -- and at the first word that is no
// option; long options are passed over. With a selector it is the value of
// that option, where it is last, or the option itself if it has no value.
func (o *operand) getopt(m *machine) presence {
	from := len(m.data)
	words, p := o.args[0].part(m)
	spec, q := o.args[1].part(m)
	if p = min(p, q); p != present {
		return p
	}
	if len(spec) == 0 {
		return missing
	}
	options := spec[0].str
	begin := len(m.data)
	emit := func(text string) {
		if o.sel != "" {
			m.data = m.data[:begin]
		}
		m.data = append(m.data, datum{str: text})
	}
	for i := 0; i < len(words); i++ {
		word := words[i].str
		if strings.HasPrefix(word, "--") && word != "--" {
			continue
		}
		if len(word) < 2 || word[0] != '-' || word == "--" {
			break
		}
		for k := 1; k < len(word); k++ {
			opt := word[k : k+1]
			valid, value := option(options, word[k])
			if !valid {
				if o.sel == "" {
					emit("?")
				}
				continue
			}
			wanted := o.sel == "" || o.sel == opt
			if !value {
				if wanted {
					emit(opt)
				}
				continue
			}
			text, ok := word[k+1:], true
			if text == "" {
				if i+1 < len(words) {
					i++
					text = words[i].str
				} else {
					ok = false
				}
			}
			if wanted {
				if ok && o.sel == "" {
					emit(opt)
				}
				emit(text)
			}
			break
		}
	}
	n := copy(m.data[from:], m.data[begin:])
	m.data = m.data[:from+n]
	if o.sel != "" && n == 0 {
		return missing
	}
	return present
}

// option looks an option up in the text that names the valid ones.
func option(options string, opt byte) (valid, value bool) {
	if opt == ':' {
		return false, false
	}
	options = strings.TrimPrefix(options, ":")
	for i := range len(options) {
		if options[i] == opt {
			valid = true
			value = value || strings.HasPrefix(options[i+1:], ":")
		}
	}
	return valid, value
}
