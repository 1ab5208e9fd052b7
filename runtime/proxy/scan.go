package proxy

import "encoding/binary"

// scanner follows the messages of one direction by their headers, in whatever pieces they come. It looks at nothing
// else but the first byte of a body, and the whole body of a ParameterStatus.
type scanner struct {
	head  [5]byte
	have  int  // bytes of the header that were seen
	left  int  // bytes of the body that are to come
	first byte // of the body
	begun bool // the first was seen
	lost  bool // what comes is no protocol: nothing is known from here on

	report []byte // body of a ParameterStatus
	large  bool   // it is too large to be kept
}

// maxReport bounds what is kept of a ParameterStatus.
const maxReport = 4096

// whole says whether the next byte begins a message.
func (s *scanner) whole() bool { return !s.lost && s.have == 0 }

// scan takes the next bytes. done hears of each message at its end: its type, the first byte of its body (0 when it has
// none), and where in p it ended.
func (s *scanner) scan(p []byte, done func(kind, first byte, end int)) {
	for i := 0; i < len(p) && !s.lost; {
		if s.have < len(s.head) {
			n := copy(s.head[s.have:], p[i:])
			s.have += n
			i += n
			if s.have < len(s.head) {
				return
			}
			size := binary.BigEndian.Uint32(s.head[1:])
			if size < 4 || size > 1<<31-1 {
				s.lost = true
				return
			}
			s.left, s.first, s.begun, s.report = int(size)-4, 0, false, s.report[:0]
			s.large = s.left > maxReport
		}
		n := min(s.left, len(p)-i)
		if n > 0 {
			if !s.begun {
				s.first, s.begun = p[i], true
			}
			if s.head[0] == 'S' && !s.large {
				s.report = append(s.report, p[i:i+n]...)
			}
			s.left -= n
			i += n
		}
		if s.left == 0 {
			s.have = 0
			done(s.head[0], s.first, i)
		}
	}
}

// requests is the client's direction.
type requests struct {
	scanner
	asked int  // messages that the server ends with a ReadyForQuery
	loose bool // others since the last of those
}

// take follows p and says where a Terminate begins that lies wholly in it; -1 when there is none.
func (r *requests) take(p []byte) (terminate int) {
	terminate = -1
	r.scan(p, func(kind, _ byte, end int) {
		switch kind {
		case 'Q', 'S', 'F':
			r.asked++
			r.loose = false
		case 'X':
			if terminate = end - len(r.head); terminate < 0 { // it began before: the server has a part of it
				r.lost = true
			}
		case 'd', 'c', 'f': // of a COPY, which belongs to a request
		default:
			r.loose = true
		}
	})
	return terminate
}

// answers is the server's direction.
type answers struct {
	scanner
	answered int
	status   byte // of the last ReadyForQuery
	errors   int
}

// take follows p; reported hears of parameters that the server reports.
func (a *answers) take(p []byte, reported func(body []byte)) {
	a.scan(p, func(kind, first byte, _ int) {
		switch kind {
		case 'Z':
			a.answered++
			a.status = first
		case 'E':
			a.errors++
		case 'S':
			if !a.large {
				reported(a.report)
			}
		}
	})
}
