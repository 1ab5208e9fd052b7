package plan

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"runtime"
	"slices"
)

// ErrFormat says that a plan file cannot be used; the wrapped message says
// why.
var ErrFormat = errors.New("not a usable plan file")

// seal computes the hash over everything but the hash and Meta.
func (p *Plan) seal() error {
	sum, err := p.sum()
	p.SHA256 = sum
	return err
}

func (p *Plan) sum() (string, error) {
	rest := *p
	rest.SHA256, rest.Meta, rest.Scopes, rest.Steps, rest.Records = "", Meta{}, nil, nil, nil
	parts := make([]any, 0, 1+len(p.Scopes)+len(p.Steps)+len(p.Records))
	parts = append(parts, &rest)
	for i := range p.Scopes {
		parts = append(parts, &p.Scopes[i])
	}
	for _, s := range p.Steps {
		parts = append(parts, s)
	}
	for i := range p.Records {
		parts = append(parts, &p.Records[i])
	}
	h := sha256.New()
	err := encodeAll(h, parts)
	return hex.EncodeToString(h.Sum(nil)), err
}

// encodeAll writes values as JSON, one a line. They are encoded side by side,
// some at a time: a plan of thousands of tables is never in memory as one text
// for the sake of its hash.
func encodeAll(w io.Writer, values []any) error {
	type text struct {
		bytes.Buffer
		err error
	}
	const atOnce = 256
	texts := make(chan chan *text, runtime.GOMAXPROCS(0))
	go func() {
		defer close(texts)
		for some := range slices.Chunk(values, atOnce) {
			made := make(chan *text, 1)
			texts <- made
			go func() {
				t := &text{}
				enc := json.NewEncoder(t)
				enc.SetEscapeHTML(false)
				for _, v := range some {
					t.err = errors.Join(t.err, enc.Encode(v))
				}
				made <- t
			}()
		}
	}()
	var err error
	for made := range texts {
		t := <-made
		_, werr := t.WriteTo(w)
		err = errors.Join(err, t.err, werr)
	}
	return err
}

// Encode writes the plan as a file: JSON, indented, the same bytes for the
// same plan.
func Encode(p *Plan) ([]byte, error) {
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "  ")
	err := enc.Encode(p)
	return b.Bytes(), err
}

// Decode reads a plan file, and refuses one that this program cannot run as it
// was written: another format, a field it does not know, a changed content.
func Decode(data []byte) (*Plan, error) {
	var head struct {
		Format *int `json:"format"`
		Tellr  string
	}
	if err := json.Unmarshal(data, &head); err != nil || head.Format == nil {
		return nil, fmt.Errorf("%w: it is not JSON as `tellr plan --out` writes it, or it is cut short", ErrFormat)
	}
	if *head.Format != Format {
		return nil, fmt.Errorf("%w: it has format %d, written by tellr %s, and this tellr reads format %d; make the plan again", ErrFormat, *head.Format, head.Tellr, Format)
	}
	dec := json.NewDecoder(bytes.NewReader(data))
	dec.DisallowUnknownFields()
	p := new(Plan)
	if err := dec.Decode(p); err != nil {
		return nil, fmt.Errorf("%w: %v; make the plan again", ErrFormat, err)
	}
	if slices.Contains(p.Steps, nil) || slices.Contains(p.Notes, nil) {
		return nil, fmt.Errorf("%w: it has null where a step or a note belongs; make the plan again", ErrFormat)
	}
	sum, err := p.sum()
	if err != nil {
		return nil, fmt.Errorf("%w: %v", ErrFormat, err)
	}
	if sum != p.SHA256 {
		return nil, fmt.Errorf("%w: its content does not match its hash, so it was changed after it was written; make the plan again", ErrFormat)
	}
	return p, nil
}
