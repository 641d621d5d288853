// Package eventhttp receives Falco alerts over HTTP: [Handler] is the
// [net/http.Handler] that a host mounts where Falco's http_output, or a relay
// such as falcosidekick, posts to. It is a package of its own so that routing
// alone does not link net/http.
//
// # Answers
//
//	200  every alert of the request was handled
//	202  every alert was accepted by a [event.Queue], and is handled later
//	400  the body holds something that is no alert; the answer says what and where
//	401  the bearer token is missing or wrong
//	403  the client's certificate is not one that is let in
//	405  the method is not POST
//	408  the client was too slow
//	413  the body, or an alert in it, is too large
//	415  the content type or encoding is not one that is read
//	500  a handler failed
//	503  the queue is full, or too many requests are being read; Retry-After says when to come back
//
// An answer other than 200 and 202 has a JSON object as its body, an [Answer].
//
// Falco looks at none of this: it sends each alert once, one at a time, waits
// for the answer without a limit of its own, and lets all its other outputs wait
// meanwhile. So answer fast, from a [event.Queue] with the policy
// [event.Reject]. What a 503 refuses, Falco does not send again: it is lost
// unless something between the two keeps it.
package eventhttp
