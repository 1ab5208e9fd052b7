package gateway

import (
	"bufio"
	"bytes"
	"encoding/binary"
	"errors"
	"io"
	"net"
	"sync"

	"github.com/tellr-dev/tellr/sandbox/traffic"
)

// session is a client and its server, logged in.
type session struct {
	listener *Listener
	client   net.Conn
	raw      net.Conn // the client's, below TLS
	server   net.Conn
	socket   string
	origin   traffic.Statement // what all statements of the session share

	copied int64 // bytes of the COPY that runs; of the goroutine that reads the client

	mu      sync.Mutex
	cycle   int      // requests for a ReadyForQuery that the client has sent
	ready   int      // those that the server has answered; the first, of the login, is not counted
	pending []cycled // statements that the server has not finished
	inTx    bool     // the server's last word
	greeted bool     // the login's own ReadyForQuery was seen
	key     string   // of cancel requests, once the server has told it
}

// cycled is a statement and the cycle that ends with its ReadyForQuery.
type cycled struct {
	cycle     int
	statement traffic.Statement
}

var errStruck = errors.New("struck by a fault or kill")

// splice passes messages both ways until one side ends, and ends the other.
func (s *session) splice() {
	var both sync.WaitGroup
	both.Go(func() {
		s.pump(s.client, s.server, s.fromClient)
		s.server.Close()
	})
	both.Go(func() {
		s.pump(s.server, s.client, s.fromServer)
		s.client.Close()
	})
	both.Wait()
	if s.key != "" {
		s.listener.gateway.forget(s.key)
	}
}

// pump passes messages one way. handle sees each header and says what to do before the message goes on.
func (s *session) pump(from, to net.Conn, handle func(kind byte, size int64, r *bufio.Reader, w *bufio.Writer) error) {
	r, w := bufio.NewReaderSize(from, 32<<10), bufio.NewWriterSize(to, 32<<10)
	for {
		head, err := r.Peek(5)
		if err != nil {
			w.Flush()
			return
		}
		size := int64(binary.BigEndian.Uint32(head[1:]))
		if size < 4 {
			return
		}
		if err := handle(head[0], size+1, r, w); err != nil {
			return
		}
		if r.Buffered() == 0 {
			if err := w.Flush(); err != nil {
				return
			}
		}
	}
}

// maxStatement is Postgres' own limit of a message.
const maxStatement = 1 << 30

func (s *session) fromClient(kind byte, size int64, r *bufio.Reader, w *bufio.Writer) error {
	switch kind {
	case 'Q', 'P':
		if size > maxStatement {
			return errStruck
		}
		message := make([]byte, size)
		if _, err := io.ReadFull(r, message); err != nil {
			return err
		}
		if err := s.begin(kind, message[5:]); err != nil {
			return err
		}
		_, err := w.Write(message)
		return err
	case 'S', 'F': // Sync, and the function call that ends by itself
		s.mu.Lock()
		s.cycle++
		s.mu.Unlock()
	case 'd':
		s.copied += size - 5
	case 'c', 'f':
		statement := s.origin
		statement.Kind, statement.Bytes = traffic.Copy, s.copied
		s.copied = 0
		if err := s.record(statement, s.currentCycle()-1); err != nil {
			return err
		}
	}
	_, err := io.CopyN(w, r, size)
	return err
}

// begin records a Query or Parse.
func (s *session) begin(kind byte, body []byte) error {
	statement := s.origin
	s.mu.Lock()
	cycle := s.cycle
	if kind == 'Q' {
		s.cycle++
	}
	s.mu.Unlock()
	if kind == 'Q' {
		statement.Kind = traffic.Query
	} else {
		statement.Kind = traffic.Parse
		_, body, _ = bytes.Cut(body, []byte{0}) // the prepared statement's name
	}
	text, _, _ := bytes.Cut(body, []byte{0})
	statement.SQL = string(text)
	return s.record(statement, cycle)
}

func (s *session) currentCycle() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.cycle
}

// record tells the log of a statement that is about to go to the server; an error stops it.
func (s *session) record(statement traffic.Statement, cycle int) error {
	log := s.listener.gateway.log
	statement, verdict := log.BeginStatement(statement)
	if verdict != traffic.Pass {
		s.sever(verdict)
		return errStruck
	}
	s.mu.Lock()
	inTx := s.inTx
	s.mu.Unlock()
	if inTx {
		if _, ok := log.TakeGatewayFault(s.origin.Endpoint, func(f traffic.GatewayFault) bool { return f.DropInTransaction }); ok {
			s.client.Close()
			return errStruck
		}
	}
	s.mu.Lock()
	s.pending = append(s.pending, cycled{cycle, statement})
	s.mu.Unlock()
	return nil
}

func (s *session) fromServer(kind byte, size int64, r *bufio.Reader, w *bufio.Writer) error {
	switch kind {
	case 'K': // BackendKeyData
		if size > 5+4+256 {
			return errStruck
		}
		message, err := r.Peek(int(size))
		if err != nil {
			return err
		}
		s.key = cancelKey(binary.BigEndian.Uint32(message[5:]), message[9:])
		s.listener.gateway.remember(s.key, s.socket)
	case 'Z': // ReadyForQuery
		message, err := r.Peek(6)
		if err != nil {
			return err
		}
		for _, statement := range s.finished(message[5]) {
			if verdict := s.listener.gateway.log.EndStatement(statement); verdict != traffic.Pass {
				s.sever(verdict)
				return errStruck
			}
		}
	}
	_, err := io.CopyN(w, r, size)
	return err
}

// sever ends the connection to the client as the verdict says: by a reset, or, silently, when the client closes it. The
// server loses its own then.
func (s *session) sever(verdict traffic.Verdict) {
	if verdict == traffic.Silent {
		io.Copy(io.Discard, s.raw)
	} else if tcp, ok := s.raw.(*net.TCPConn); ok {
		tcp.SetLinger(0)
	}
	s.raw.Close()
	s.server.Close()
}

// finished takes the statements that a ReadyForQuery ends.
func (s *session) finished(status byte) []traffic.Statement {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.inTx = status == 'T'
	if !s.greeted {
		s.greeted = true
		return nil
	}
	s.ready++
	var done []traffic.Statement
	for len(s.pending) > 0 && s.pending[0].cycle < s.ready {
		done = append(done, s.pending[0].statement)
		s.pending = s.pending[1:]
	}
	return done
}
