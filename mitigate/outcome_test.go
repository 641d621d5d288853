package mitigate

import "testing"

// TestCutOff: who calls from Tor is cut off first; where the alert has nothing
// telling, the rule's own findings lead.
func TestCutOff(t *testing.T) {
	first := func(ip string) Outcome {
		e := alertWith(t, "aws_cloudtrail", map[string]any{"ct.user": "deploy", "ct.srcip": ip, "ct.region": "eu-central-1"})
		e.Rule = "Create Lambda Function"
		return For(e).First.Then[0]
	}
	for _, x := range []struct {
		ip   string
		want bool
	}{{"185.220.101.34", true}, {"203.0.113.7", false}} {
		o := first(x.ip)
		got := len(o.Snippets) > 0 && o.Snippets[0].Name == "aws-deny-caller"
		if got != x.want {
			t.Errorf("%s: the first finding is %q with %d commands", x.ip, o.Find, len(o.Snippets))
		}
	}
}
