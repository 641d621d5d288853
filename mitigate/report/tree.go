package report

import (
	"slices"
	"strconv"
	"strings"

	"github.com/falconer-go/falconer/event"
	"github.com/falconer-go/falconer/mitigate"
)

// maxTreeNodes and maxTreeLabel bound the picture of a process tree.
const (
	maxTreeNodes = 60
	maxTreeLabel = 72
)

// tree is the processes of an incident, each below the one that started it.
// Alerts name parents rather than number them, so two processes with the same
// ancestors and the same name are one node unless their pids tell them apart.
type tree struct {
	nodes []treeNode // a parent before its children, in the order of a walk
	more  int        // nodes left out
}

type treeNode struct {
	depth  int
	label  string // foreign text, fit to be shown
	alerts int
}

// growing is a tree while alerts are added to it.
type growing struct {
	children map[string]*growing
	order    []*growing
	label    string
	alerts   int
}

func (g *growing) child(key, label string) *growing {
	c := g.children[key]
	if c == nil {
		c = &growing{label: label}
		if g.children == nil {
			g.children = make(map[string]*growing)
		}
		g.children[key] = c
		g.order = append(g.order, c)
	}
	return c
}

// processTree returns the tree of the processes that alerts name.
func processTree(alerts []*event.Event) tree {
	var root growing
	for _, e := range alerts {
		name := text(e, "proc.name")
		if name == "" {
			continue
		}
		at := root.child(place(e))
		for _, a := range slices.Backward(ancestry(e)[1:]) {
			at = at.child(a.name, mitigate.Show(a.name))
		}
		label := name
		if cmd := text(e, "proc.cmdline"); cmd != "" {
			label = cmd
		}
		at = at.child(name+" "+text(e, "proc.pid")+" "+label, clipLabel(mitigate.Show(label)))
		at.alerts++
	}
	var t tree
	t.walk(&root, -1)
	return t
}

// place is the container or host that a process ran in.
func place(e *event.Event) (key, label string) {
	c := e.Container()
	switch {
	case c.ID == "host" || c.ID == "":
		return "host " + e.Hostname, "host " + mitigate.Show(e.Hostname)
	case e.Kubernetes().Pod != "":
		return c.ID, mitigate.Show("pod " + e.Kubernetes().Pod + ", container " + c.Name)
	}
	return c.ID, mitigate.Show(strings.TrimSpace("container " + c.ID + " " + c.Name))
}

func (t *tree) walk(g *growing, depth int) {
	if depth >= 0 {
		if len(t.nodes) >= maxTreeNodes {
			t.more++
		} else {
			t.nodes = append(t.nodes, treeNode{depth, g.label, g.alerts})
		}
	}
	for _, c := range g.order {
		t.walk(c, depth+1)
	}
}

func clipLabel(s string) string {
	r := []rune(s)
	if len(r) > maxTreeLabel {
		return string(r[:maxTreeLabel]) + "..."
	}
	return s
}

func (n treeNode) count() string {
	switch n.alerts {
	case 0:
		return ""
	case 1:
		return "1 alert"
	}
	return strconv.Itoa(n.alerts) + " alerts"
}

// String draws the tree with characters.
func (t tree) String() string {
	var b strings.Builder
	for i, n := range t.nodes {
		for d := 1; d < n.depth; d++ {
			if t.continues(i, d) {
				b.WriteString("│  ")
			} else {
				b.WriteString("   ")
			}
		}
		if n.depth > 0 {
			if t.continues(i, n.depth) {
				b.WriteString("├─ ")
			} else {
				b.WriteString("└─ ")
			}
		}
		b.WriteString(n.label)
		if c := n.count(); c != "" {
			b.WriteString("   [" + c + "]")
		}
		b.WriteByte('\n')
	}
	if t.more > 0 {
		b.WriteString("... and " + strconv.Itoa(t.more) + " more\n")
	}
	return b.String()
}

// continues reports whether another node at depth follows node i under the same
// parent.
func (t tree) continues(i, depth int) bool {
	for _, n := range t.nodes[i+1:] {
		if n.depth < depth {
			return false
		}
		if n.depth == depth {
			return true
		}
	}
	return false
}

// Measures of the picture, in pixels.
const (
	treeRow    = 30
	treeIndent = 26
	treeChar   = 8 // width of a character of the 13 pixel typeface
)

// svg appends the tree as a picture.
func (w *htmlWriter) svg(t tree) {
	width := 0
	for _, n := range t.nodes {
		width = max(width, n.depth*treeIndent+len([]rune(n.label+n.count()))*treeChar+60)
	}
	height := len(t.nodes)*treeRow + 8
	w.raw(`<div class="wide" tabindex="0" role="region" aria-label="Picture of the process tree"><svg role="img" aria-label="Process tree; the same as text below" viewBox="0 0 ` +
		strconv.Itoa(width) + " " + strconv.Itoa(height) + `" width="` + strconv.Itoa(width) + `" height="` + strconv.Itoa(height) + "\">\n")
	var parents [32]int // the row of the last node at each depth
	for i, n := range t.nodes {
		depth := min(n.depth, len(parents)-1)
		x, y := depth*treeIndent, i*treeRow+4
		parents[depth] = i
		if depth > 0 {
			px := (depth-1)*treeIndent + 12
			w.raw(`<path class="edge" d="M` + strconv.Itoa(px) + " " + strconv.Itoa(parents[depth-1]*treeRow+4+24) + "V" +
				strconv.Itoa(y+12) + "H" + strconv.Itoa(x) + "\"/>\n")
		}
		class := "node"
		label := n.label
		if n.alerts > 0 {
			class += " hit"
		}
		w.raw(`<rect class="` + class + `" x="` + strconv.Itoa(x) + `" y="` + strconv.Itoa(y) + `" rx="4" height="24" width="` +
			strconv.Itoa(len([]rune(label))*treeChar+16) + `"/><text x="` + strconv.Itoa(x+8) + `" y="` + strconv.Itoa(y+16) + `">`)
		w.escape(label)
		w.raw("</text>")
		if c := n.count(); c != "" {
			w.raw(`<text x="` + strconv.Itoa(x+len([]rune(label))*treeChar+24) + `" y="` + strconv.Itoa(y+16) + `">` + c + "</text>")
		}
		w.raw("\n")
	}
	w.raw("</svg></div>\n<details><summary>The process tree as text</summary><pre tabindex=\"0\"><code>")
	w.escape(t.String())
	w.raw("</code></pre></details>\n")
}
