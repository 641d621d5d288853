package main

import (
	"bytes"
	"crypto/sha256"
	_ "embed"
	"encoding/base64"
	"html/template"
	"strings"
)

//go:embed page.css
var styleSheet string

// The page has no script and fetches nothing, and its policy forbids both. Each
// cell of the matrix says its state in words as well as in colour.
var page = template.Must(template.New("page").Parse(`<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="{{.Policy}}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Coverage of ATT&amp;CK {{.Release}}</title>
<style>{{.Style}}</style>
</head>
<body>
<header>
<h1>Coverage of ATT&amp;CK {{.Release}}</h1>
<p>{{.Rules}}{{if .Alerts}} and {{.Alerts}}{{end}}, techniques of {{.Platforms}}. Covered means that a rule looks for some way of doing it, not that every way is seen.</p>
<ul class="key"><li><span class="k2"></span>covered</li><li><span class="k1"></span>partly: some of its sub-techniques</li><li><span></span>not covered</li>{{if .Alerts}}<li><b class="seen">● 3</b> shown by three alerts</li>{{end}}</ul>
</header>
<main class="matrix">
{{range .Columns}}<section aria-labelledby="{{.ID}}">
<h2 id="{{.ID}}">{{.Name}}</h2>
<p class="sum"><span class="id">{{.ID}}</span>: {{.Covered}} covered, {{.Partly}} partly, {{.None}} not</p>
<ul>
{{range .Cells}}<li>{{if .Details}}<details class="s{{.State}}"><summary><span class="id">{{.ID}}</span> {{.Name}}<span class="off">, {{.Words}}</span>{{if .Seen}} <b class="seen">● {{.Seen}}<span class="off"> {{if eq .Seen 1}}alert{{else}}alerts{{end}}</span></b>{{end}}</summary><ul>{{range .Details}}<li>{{.}}</li>{{end}}</ul></details>{{else}}<div class="cell"><span class="id">{{.ID}}</span> {{.Name}}<span class="off">, {{.Words}}</span>{{if .Seen}} <b class="seen">● {{.Seen}}<span class="off"> {{if eq .Seen 1}}alert{{else}}alerts{{end}}</span></b>{{end}}</div>{{end}}</li>
{{end}}</ul>
</section>
{{end}}</main>
</body>
</html>
`))

type pageData struct {
	Policy, Release, Platforms string
	Style                      template.CSS
	Rules, Alerts              string
	Columns                    []pageColumn
}

type pageColumn struct {
	ID, Name              string
	Covered, Partly, None int
	Cells                 []pageCell
}

type pageCell struct {
	ID, Name, Words string
	State           int
	Seen            int
	Details         []string
}

// appendPage appends the matrix as a self-contained HTML page.
func (c *coverage) appendPage(dst []byte) []byte {
	sum := sha256.Sum256([]byte(styleSheet))
	d := pageData{
		Policy:  "default-src 'none'; style-src 'sha256-" + base64.StdEncoding.EncodeToString(sum[:]) + "'; base-uri 'none'; form-action 'none'",
		Release: c.matrix.Release(), Platforms: strings.Join(c.platforms, " and "), Style: template.CSS(styleSheet), Rules: count(c.rules, "rule"),
	}
	if c.alerts > 0 {
		d.Alerts = count(c.alerts, "alert")
	}
	for _, col := range c.columns {
		n := col.count()
		pc := pageColumn{ID: col.tactic.ID, Name: col.tactic.Name, Covered: n[covered], Partly: n[partly], None: n[none]}
		for _, t := range col.techniques {
			s := t.state()
			pc.Cells = append(pc.Cells, pageCell{ID: t.ID, Name: t.Name, Words: s.String(), State: int(s), Seen: t.shown(), Details: t.details()})
		}
		d.Columns = append(d.Columns, pc)
	}
	buf := bytes.NewBuffer(dst)
	if err := page.Execute(buf, d); err != nil {
		panic("coverage: " + err.Error()) // the template fits the data, whatever the names of rules are
	}
	return buf.Bytes()
}

// details are the rules that look for a technique, and its sub-techniques; nil
// if there is neither a rule nor an alert.
func (t *technique) details() []string {
	if t.state() == none && t.shown() == 0 {
		return nil
	}
	var list []string
	for _, r := range t.rules {
		list = append(list, "rule: "+r)
	}
	for _, s := range t.sub {
		line := s.ID + " " + s.Name + ": "
		if len(s.rules) > 0 {
			line += strings.Join(s.rules, ", ")
		} else {
			line += "no rule"
		}
		if s.seen > 0 {
			line += " (" + count(s.seen, "alert") + ")"
		}
		list = append(list, line)
	}
	return list
}
