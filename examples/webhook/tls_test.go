package main

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"math/big"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/falconer-go/falconer/event/eventtest"
)

// issue makes a certificate, of itself if there is no parent, and writes it and
// its key to files.
func issue(t *testing.T, dir, name string, parent *tls.Certificate) (cert tls.Certificate, certFile, keyFile string) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	c := &x509.Certificate{
		SerialNumber: big.NewInt(time.Now().UnixNano()), NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
		DNSNames: []string{name}, IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}, BasicConstraintsValid: true, IsCA: parent == nil,
		ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth, x509.ExtKeyUsageServerAuth},
	}
	if parent == nil {
		parent = &tls.Certificate{Leaf: c, PrivateKey: key}
	}
	der, err := x509.CreateCertificate(rand.Reader, c, parent.Leaf, &key.PublicKey, parent.PrivateKey)
	if err != nil {
		t.Fatal(err)
	}
	keyDER, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	certFile, keyFile = filepath.Join(dir, name+".crt"), filepath.Join(dir, name+".key")
	for file, block := range map[string]*pem.Block{certFile: {Type: "CERTIFICATE", Bytes: der}, keyFile: {Type: "PRIVATE KEY", Bytes: keyDER}} {
		if err := os.WriteFile(file, pem.EncodeToMemory(block), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	cert, err = tls.LoadX509KeyPair(certFile, keyFile)
	if err != nil {
		t.Fatal(err)
	}
	return cert, certFile, keyFile
}

func TestMutualTLS(t *testing.T) {
	dir := t.TempDir()
	ca, caFile, _ := issue(t, dir, "ca", nil)
	_, certFile, keyFile := issue(t, dir, "server", &ca)
	falco, _, _ := issue(t, dir, "falco", &ca)
	other, _, _ := issue(t, dir, "other", &ca)
	stranger, _, _ := issue(t, dir, "stranger", nil)
	r := start(t, nil, "-tls-cert", certFile, "-tls-key", keyFile, "-client-ca", caFile, "-client-name", "falco")
	roots := x509.NewCertPool()
	roots.AddCert(ca.Leaf)
	for name, tt := range map[string]struct {
		certs  []tls.Certificate
		status int // 0 where there is no connection
	}{
		"falco":    {[]tls.Certificate{falco}, 202},
		"other":    {[]tls.Certificate{other}, 403},
		"stranger": {[]tls.Certificate{stranger}, 0},
		"nobody":   {nil, 0},
	} {
		transport := &http.Transport{TLSClientConfig: &tls.Config{RootCAs: roots, Certificates: tt.certs}}
		client := &http.Client{Transport: transport}
		res, err := client.Post(strings.Replace(r.url, "http:", "https:", 1), "application/json", bytes.NewReader(eventtest.SampleNamed("okta").AppendJSON(nil)))
		got := 0
		if err == nil {
			got = res.StatusCode
			res.Body.Close()
		}
		if got != tt.status {
			t.Errorf("%s: %d, want %d: %v", name, got, tt.status, err)
		}
		transport.CloseIdleConnections()
	}
	if err := r.end(); err != nil {
		t.Error(err)
	}
}
