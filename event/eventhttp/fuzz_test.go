package eventhttp_test

import (
	"bytes"
	"net/http/httptest"
	"testing"

	"github.com/falconer-go/falconer/event/eventhttp"
	"github.com/falconer-go/falconer/event/eventtest"
)

// Whatever is posted, the answer is one of those that are documented, and says
// as many alerts as were handled.
func FuzzHandler(f *testing.F) {
	for _, s := range eventtest.Samples() {
		f.Add(s.JSON, "application/json", "")
		f.Add([]byte(zipped(string(s.JSON))), "application/x-ndjson", "gzip")
	}
	f.Add([]byte("09:15:27.1: Notice x"), "text/plain; charset=utf-8", "identity")
	f.Fuzz(func(t *testing.T, body []byte, contentType, encoding string) {
		var got eventtest.Recorder
		h := eventhttp.NewHandler(&got, &eventhttp.Options{MaxBody: 1 << 16})
		r := httptest.NewRequest("POST", "/", bytes.NewReader(body))
		r.Header.Set("Content-Type", contentType)
		r.Header.Set("Content-Encoding", encoding)
		w := httptest.NewRecorder()
		h.ServeHTTP(w, r)
		s := h.Stats()
		switch w.Code {
		case 200:
			if s.Malformed != 0 || s.Accepted == 0 {
				t.Errorf("200 for %+v", s)
			}
		case 400, 413, 415:
		default:
			t.Errorf("status %d", w.Code)
		}
		if s.Alerts != uint64(len(got.Events())) || s.Alerts != s.Accepted {
			t.Errorf("%d handled, %+v", len(got.Events()), s)
		}
	})
}
