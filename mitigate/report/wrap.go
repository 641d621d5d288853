package report

import (
	"unicode/utf8"

	"github.com/falconer-go/falconer/mitigate"
)

// wrapping is a paragraph of plain text that is being written. A word is written
// behind a blank before its width is known; where it does not fit, the blank
// becomes a new line.
type wrapping struct {
	*textWriter
	indent  int  // of the lines but the first
	column  int  // behind the last word
	started bool // a word stands in the line
	inWord  bool
	blank   int // where the blank before the word stands in b, if started
	length  int // of the word so far
}

// wrap writes texts as one, in lines of at most the width, and goes on at the
// column where the line is now. A word that is longer stands on a line of its
// own.
func (w *textWriter) wrap(column, indent int, texts ...mitigate.Text) {
	p := wrapping{textWriter: w, indent: indent, column: column}
	for _, t := range texts {
		p.text(t)
	}
	p.end()
}

// text writes a part of the paragraph.
func (p *wrapping) text(t mitigate.Text) {
	for i := range t {
		switch s := &t[i]; s.Kind {
		case mitigate.Value:
			p.words(s.Text, "", sgrValue)
		case mitigate.Code:
			p.words(s.Text, "`", sgrCode)
		default:
			p.words(s.Text, "", "")
		}
	}
}

// end ends the paragraph.
func (p *wrapping) end() {
	p.endWord()
	p.raw("\n")
}

// words writes the words of s, with the mark before the first and behind the
// last. The first goes on where the last word ends.
func (p *wrapping) words(s, mark, sgr string) {
	before := mark
	for {
		n, columns := scan(s)
		last, after := n == len(s), ""
		if last {
			after = mark
		}
		if n+len(before)+len(after) > 0 {
			p.beginWord()
			p.length += len(before) + columns + len(after)
			p.styled(before, s[:n], after, sgr)
		}
		if last {
			return
		}
		p.endWord()
		s, before = s[n+1:], ""
	}
}

// scan returns the length of the word that s begins with, in bytes and in
// columns.
func scan(s string) (n, columns int) {
	for i := range len(s) {
		c := s[i]
		if c == ' ' {
			return i, columns
		}
		if utf8.RuneStart(c) {
			columns++
		}
	}
	return len(s), columns
}

func (p *wrapping) beginWord() {
	if p.inWord {
		return
	}
	p.inWord, p.length, p.blank = true, 0, len(p.b)
	if p.started {
		p.b = append(p.b, ' ')
	}
}

// endWord breaks the line before the word if it does not fit.
func (p *wrapping) endWord() {
	if !p.inWord {
		return
	}
	if p.started {
		p.column++
		if p.column+p.length > p.width {
			p.breakLine()
		}
	}
	p.column += p.length
	p.started, p.inWord = true, false
}

// breakLine makes a new line of the blank before the word.
func (p *wrapping) breakLine() {
	word := p.blank + 1
	p.blanks(p.indent) // for the room
	copy(p.b[word+p.indent:], p.b[word:])
	p.b[p.blank] = '\n'
	for i := range p.indent {
		p.b[word+i] = ' '
	}
	p.column = p.indent
}
