package proxy

import (
	"bytes"
	"encoding/binary"
	"errors"
	"maps"
	"slices"
	"strings"
)

// parameter is a name and value of a startup packet or of a server's report.
type parameter struct{ name, value string }

// startup is a startup packet. The parameters keep the client's order, and whatever minor version and protocol options
// it asks for go to the server, which negotiates.
type startup struct {
	protocol   uint32
	parameters []parameter
}

var errStartup = errors.New("invalid startup packet layout")

// parseStartup takes a whole packet, with its length.
func parseStartup(packet []byte) (startup, error) {
	if len(packet) < 9 || int(binary.BigEndian.Uint32(packet)) != len(packet) {
		return startup{}, errStartup
	}
	s := startup{protocol: binary.BigEndian.Uint32(packet[4:])}
	for body := packet[8:]; ; {
		name, rest, ok := bytes.Cut(body, []byte{0})
		if !ok {
			return startup{}, errStartup
		}
		if len(name) == 0 {
			if len(rest) > 0 {
				return startup{}, errStartup
			}
			return s, nil
		}
		value, rest, ok := bytes.Cut(rest, []byte{0})
		if !ok {
			return startup{}, errStartup
		}
		s.parameters = append(s.parameters, parameter{string(name), string(value)})
		body = rest
	}
}

// encode is the packet as it goes over the wire.
func (s startup) encode() []byte {
	b := binary.BigEndian.AppendUint32(make([]byte, 4, 256), s.protocol)
	for _, p := range s.parameters {
		b = append(append(append(append(b, p.name...), 0), p.value...), 0)
	}
	b = append(b, 0)
	binary.BigEndian.PutUint32(b, uint32(len(b)))
	return b
}

// get is the last value of a parameter, which is the one that Postgres takes.
func (s startup) get(name string) (string, bool) {
	for _, p := range slices.Backward(s.parameters) {
		if p.name == name {
			return p.value, true
		}
	}
	return "", false
}

// set replaces a parameter where it stands, or adds it.
func (s *startup) set(name, value string) {
	found := false
	s.parameters = slices.DeleteFunc(s.parameters, func(p parameter) bool {
		again := p.name == name && found
		found = found || p.name == name
		return again
	})
	for i := range s.parameters {
		if s.parameters[i].name == name {
			s.parameters[i].value = value
			return
		}
	}
	s.parameters = append(s.parameters, parameter{name, value})
}

// rewrite turns what the client asks for into what the database gets: the role always, the database and the session's
// parameters where the client has not chosen any. A database that is named as the client's user is libpq's default, and
// so no choice.
func (s *startup) rewrite(role, database string, defaults map[string]string) {
	user, _ := s.get("user")
	if name, _ := s.get("database"); name == "" || name == user {
		s.set("database", database)
	}
	s.set("user", role)
	options, _ := s.get("options")
	for _, name := range slices.Sorted(maps.Keys(defaults)) {
		if _, chosen := s.get(name); !chosen && !strings.Contains(options, name) {
			s.set(name, defaults[name])
		}
	}
}

// key is the same for packets that ask for the same session: the order of parameters, which some clients leave to chance,
// is of no meaning.
func (s startup) key() string {
	same := startup{s.protocol, slices.Clone(s.parameters)}
	slices.SortStableFunc(same.parameters, func(a, b parameter) int { return strings.Compare(a.name, b.name) })
	return string(same.encode())
}
