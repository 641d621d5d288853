package eventhttp_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"math/big"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/falconer-go/falconer/event/eventhttp"
	"github.com/falconer-go/falconer/event/eventtest"
)

// authority makes certificates.
type authority struct {
	cert *x509.Certificate
	key  *ecdsa.PrivateKey
}

func newAuthority(t *testing.T) *authority {
	a := &authority{}
	c := a.issue(t, &x509.Certificate{Subject: pkix.Name{CommonName: "ca"}, IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign})
	a.cert, a.key = c.Leaf, c.PrivateKey.(*ecdsa.PrivateKey)
	return a
}

func (a *authority) issue(t *testing.T, c *x509.Certificate) tls.Certificate {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	c.SerialNumber, c.NotBefore, c.NotAfter = big.NewInt(1), time.Now().Add(-time.Hour), time.Now().Add(time.Hour)
	c.ExtKeyUsage = []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth}
	parent, signer := a.cert, a.key
	if parent == nil {
		parent, signer = c, key
	}
	der, err := x509.CreateCertificate(rand.Reader, c, parent, &key.PublicKey, signer)
	if err != nil {
		t.Fatal(err)
	}
	leaf, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key, Leaf: leaf}
}

func TestHandlerIdentity(t *testing.T) {
	ca, other := newAuthority(t), newAuthority(t)
	spiffe, _ := url.Parse("spiffe://example.org/falco")
	known := ca.issue(t, &x509.Certificate{Subject: pkix.Name{CommonName: "x"}, DNSNames: []string{"falco.node-1"}})
	byURI := ca.issue(t, &x509.Certificate{URIs: []*url.URL{spiffe}})
	byName := ca.issue(t, &x509.Certificate{Subject: pkix.Name{CommonName: "falco.node-1"}})
	hidden := ca.issue(t, &x509.Certificate{Subject: pkix.Name{CommonName: "falco.node-1"}, DNSNames: []string{"other"}})
	foreign := other.issue(t, &x509.Certificate{DNSNames: []string{"falco.node-1"}})

	var got eventtest.Recorder
	h := eventhttp.NewHandler(&got, &eventhttp.Options{Identity: eventhttp.CertificateNames("falco.node-1", "spiffe://example.org/falco")})
	pool := x509.NewCertPool()
	pool.AddCert(ca.cert)
	for _, tt := range []struct {
		name   string
		auth   tls.ClientAuthType
		cert   *tls.Certificate
		status int
	}{
		{"known", tls.VerifyClientCertIfGiven, &known, 200},
		{"by URI", tls.VerifyClientCertIfGiven, &byURI, 200},
		{"by common name", tls.VerifyClientCertIfGiven, &byName, 200},
		{"common name beside others", tls.VerifyClientCertIfGiven, &hidden, 403},
		{"none", tls.VerifyClientCertIfGiven, nil, 403},
		{"not verified", tls.RequestClientCert, &foreign, 403},
		{"not verified though known", tls.RequestClientCert, &known, 403},
	} {
		t.Run(tt.name, func(t *testing.T) {
			s := httptest.NewUnstartedServer(h)
			s.TLS = &tls.Config{ClientAuth: tt.auth, ClientCAs: pool}
			s.StartTLS()
			defer s.Close()
			client := s.Client()
			if tt.cert != nil {
				client.Transport.(*http.Transport).TLSClientConfig.Certificates = []tls.Certificate{*tt.cert}
			}
			got.Reset()
			res, err := client.Post(s.URL, "application/json", strings.NewReader(sample("okta")))
			if err != nil {
				t.Fatal(err)
			}
			res.Body.Close()
			if res.StatusCode != tt.status || (len(got.Events()) == 1) != (tt.status == 200) {
				t.Errorf("status %d, want %d; %d handled", res.StatusCode, tt.status, len(got.Events()))
			}
		})
	}
	// Without TLS nobody is let in.
	s := httptest.NewServer(h)
	defer s.Close()
	if res, _ := post(t, s.URL, sample("okta")); res.StatusCode != 403 {
		t.Errorf("without TLS: %d", res.StatusCode)
	}
}
