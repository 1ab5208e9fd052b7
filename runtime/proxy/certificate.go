package proxy

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"fmt"
	"math/big"
	"net"
	"os"
	"path/filepath"
	"sync"
	"time"
)

// authority is a certificate that the proxy made for itself: its key is in memory only, and the certificate in a file,
// which clients trust.
type authority struct {
	file string
	once sync.Once
}

// remove deletes the file. nil has none.
func (a *authority) remove() {
	if a != nil {
		a.once.Do(func() { _ = os.RemoveAll(filepath.Dir(a.file)) }) // in the temporary folder, if it cannot be
	}
}

// offerTLS takes the certificate that was given, or makes one.
func (p *Proxy) offerTLS() error {
	var certificate tls.Certificate
	var err error
	if p.opts.Certificate != "" || p.opts.Key != "" {
		certificate, err = tls.LoadX509KeyPair(p.opts.Certificate, p.opts.Key)
	} else {
		certificate, p.authority, err = makeCertificate(p.opts.Listen)
	}
	if err != nil {
		return fmt.Errorf("proxy: a certificate for clients: %w", err)
	}
	p.tls = &tls.Config{Certificates: []tls.Certificate{certificate}, MinVersion: tls.VersionTLS12}
	return nil
}

// makeCertificate makes one for loopback and the hosts of addresses.
func makeCertificate(addresses []string) (tls.Certificate, *authority, error) {
	var none tls.Certificate
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return none, nil, err
	}
	number, err := rand.Int(rand.Reader, new(big.Int).Lsh(big.NewInt(1), 120))
	if err != nil {
		return none, nil, err
	}
	template := &x509.Certificate{SerialNumber: number, Subject: pkix.Name{CommonName: "tellr proxy"}, DNSNames: []string{"localhost"},
		IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1), net.IPv6loopback},
		NotBefore:   time.Now().Add(-time.Hour), NotAfter: time.Now().AddDate(10, 0, 0), // longer than any run
		KeyUsage: x509.KeyUsageDigitalSignature | x509.KeyUsageCertSign, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
		IsCA: true, BasicConstraintsValid: true}
	for _, address := range addresses {
		host, _, err := net.SplitHostPort(address)
		if err != nil {
			return none, nil, fmt.Errorf("%q: write host:port: %w", address, err)
		}
		if ip := net.ParseIP(host); ip != nil {
			template.IPAddresses = append(template.IPAddresses, ip)
		} else if host != "" {
			template.DNSNames = append(template.DNSNames, host)
		}
	}
	raw, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		return none, nil, err
	}
	dir, err := os.MkdirTemp("", "tellr-proxy-") // only this user may change what is in it
	if err != nil {
		return none, nil, err
	}
	a := &authority{file: filepath.Join(dir, "certificate.pem")}
	if err := os.WriteFile(a.file, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: raw}), 0o600); err != nil {
		a.remove()
		return none, nil, err
	}
	return tls.Certificate{Certificate: [][]byte{raw}, PrivateKey: key}, a, nil
}
