package eventhttp

import (
	"encoding/json"
	"net/http"

	"github.com/falconer-go/falconer/event"
)

// Answer is the body of an answer that is neither 200 nor 202.
type Answer struct {
	Error    string `json:"error"`
	Accepted int    `json:"accepted"` // alerts of the request that were accepted all the same; with a 503, the first ones

	// Records are those that are no alerts, at most the first 20.
	Records []Record `json:"records,omitempty"`
}

// Record says where and why a record is no alert.
type Record struct {
	Line   int64  `json:"line,omitempty"` // from 1
	Offset int64  `json:"offset"`         // in bytes, from the start of the body
	Field  string `json:"field,omitempty"`
	Error  string `json:"error"`
}

func (a *Answer) malformed(err *event.SyntaxError) {
	if len(a.Records) < 20 {
		a.Records = append(a.Records, Record{err.Line, err.Offset, err.Field, err.Err.Error()})
	}
}

func (a *Answer) write(w http.ResponseWriter, status int) {
	body, err := json.Marshal(a)
	if err != nil { // strings and numbers always marshal
		body = []byte("{}")
	}
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("X-Content-Type-Options", "nosniff")
	w.WriteHeader(status)
	// A client that has gone does not read the answer.
	_, _ = w.Write(append(body, '\n'))
}
