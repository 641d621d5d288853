package report

import "github.com/falconer-go/falconer/mitigate"

// The document between a plan and its renderers: sections of blocks, without
// any markup. Renderers are one file each.

type document struct {
	title    string // of ours
	subject  mitigate.Text
	urgency  string // of ours; set off before the lead
	lead     []mitigate.Text
	rank     int // of the urgency, 0 to 4
	sections []section
}

type section struct {
	title  string
	blocks []block
}

// block is one of the types below; a paragraph, a labelled one, a
// finding or code is a pointer.
type block any

type heading string

type paragraph mitigate.Text

// labelled is a paragraph with what it is about set off before it; without a
// text it stands over the next block.
type labelled struct {
	label string // of ours
	text  mitigate.Text
}

// finding is a paragraph that begins with what has to hold for it.
type finding struct{ lead, text mitigate.Text }

// facts are rows of a label and what belongs to it.
type facts []fact

type fact struct {
	label string
	value mitigate.Text
}

// list is a list of items, numbered or not.
type list struct {
	ordered bool
	before  int // numbers that the list before it has used up
	items   []item
}

type item struct {
	lead   mitigate.Text // set off before the text; may be empty
	text   mitigate.Text
	blocks []block // paragraphs and code
}

// spoken returns the texts of an item as one sentence.
func (it *item) spoken() []mitigate.Text {
	if len(it.lead) == 0 {
		return []mitigate.Text{it.text}
	}
	return []mitigate.Text{it.lead, blank, it.text}
}

var blank = say(" ")

// code is text to be copied as it stands.
type code struct {
	title mitigate.Text
	name  mitigate.Text // what it is called where the title is left out
	lang  string
	body  string
}

type table struct {
	head []string
	rows [][]mitigate.Text
}

// say returns a text of our own words.
func say(s string) mitigate.Text { return mitigate.Text{{Text: s}} }
