package eventhttp

import (
	"crypto/sha256"
	"crypto/subtle"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"net/http"
	"slices"
	"strings"
)

// tokens are digests, so that comparing takes the same time whatever their
// lengths.
type tokens [][sha256.Size]byte

func newTokens(list []string) tokens {
	var t tokens
	for _, s := range list {
		// An empty token is a variable that was not set, not a wish.
		if s == "" || strings.TrimSpace(s) != s {
			panic("eventhttp: a bearer token that is empty or has space around it")
		}
		t = append(t, sha256.Sum256([]byte(s)))
	}
	return t
}

// allow compares with every token, so that the time does not tell which one.
func (t tokens) allow(r *http.Request) bool {
	if len(t) == 0 {
		return true
	}
	scheme, given, _ := strings.Cut(r.Header.Get("Authorization"), " ")
	sum := sha256.Sum256([]byte(strings.TrimSpace(given)))
	equal := 0
	for i := range t {
		equal |= subtle.ConstantTimeCompare(sum[:], t[i][:])
	}
	return equal == 1 && strings.EqualFold(scheme, "Bearer")
}

// CertificateNames returns a check for [Options].Identity that lets in clients
// whose verified certificate has one of names as a DNS name, a URI (such as a
// SPIFFE ID), an e-mail address, or, without any of these, as its common name.
// Names are compared exactly. The server must verify certificates:
// tls.VerifyClientCertIfGiven or tls.RequireAndVerifyClientCert.
func CertificateNames(names ...string) func(*tls.ConnectionState) error {
	names = slices.Clone(names)
	return func(s *tls.ConnectionState) error {
		if s == nil || len(s.PeerCertificates) == 0 {
			return errors.New("no client certificate")
		}
		if len(s.VerifiedChains) == 0 {
			return errors.New("the client certificate was not verified")
		}
		for _, name := range namesOf(s.PeerCertificates[0]) {
			if slices.Contains(names, name) {
				return nil
			}
		}
		return errors.New("the client certificate has none of the names that are let in")
	}
}

func namesOf(c *x509.Certificate) []string {
	names := append(slices.Clone(c.DNSNames), c.EmailAddresses...)
	for _, u := range c.URIs {
		names = append(names, u.String())
	}
	if len(names) == 0 && c.Subject.CommonName != "" {
		names = append(names, c.Subject.CommonName)
	}
	return names
}
