package proxy

import (
	"context"
	"encoding/binary"
	"io"
	"sync"
	"time"

	"github.com/tellr-dev/tellr/runtime/pgwire"
)

// keys are the secrets for cancel requests of a pool's clients, as process and secret. Without a pool the server's own
// are passed on, and nothing is kept.
type keys struct {
	mu sync.Mutex
	of map[string]*upstream
}

func (k *keys) add(key string, u *upstream) {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.of[key] = u
}

func (k *keys) remove(key string) {
	k.mu.Lock()
	defer k.mu.Unlock()
	delete(k.of, key)
}

// find gives the session that a key is of, which is not given to another client until done is called.
func (k *keys) find(key pgwire.CancelKey) (u *upstream, done func()) {
	k.mu.Lock()
	defer k.mu.Unlock()
	u = k.of[string(append(binary.BigEndian.AppendUint32(nil, key.Process), key.Secret...))]
	if u == nil {
		return nil, nil
	}
	u.cancels.Add(1)
	return u, u.cancels.Done
}

// maxSecret is of protocol 3.2.
const maxSecret = 256

// forward passes a cancel request on. It needs no place below the limit: it is what helps when that is reached. As with
// Postgres nobody hears how it went.
func (p *Proxy) forward(key pgwire.CancelKey) {
	if len(key.Secret) > maxSecret {
		return
	}
	select {
	case p.cancels <- struct{}{}:
		defer func() { <-p.cancels }()
	default:
		p.counters.reject("cancels")
		return
	}
	if p.pool != nil {
		u, done := p.keys.find(key)
		if u == nil {
			return
		}
		defer done()
		key.Process, key.Secret = u.process, u.secret
	}
	packet := binary.BigEndian.AppendUint32(nil, uint32(12+len(key.Secret)))
	packet = binary.BigEndian.AppendUint32(packet, cancelCode)
	packet = append(binary.BigEndian.AppendUint32(packet, key.Process), key.Secret...)
	ctx, cancel := context.WithTimeout(p.ctx, cancelTime)
	defer cancel()
	conn, err := p.connector.Dial(ctx)
	if err != nil {
		p.log.Warn("proxy: a cancel request could not be passed on", "error", err)
		return
	}
	defer conn.Close()
	conn.SetDeadline(time.Now().Add(cancelTime))
	if _, err := conn.Write(packet); err == nil {
		io.Copy(io.Discard, conn) // the server closes when it has sent the signal
	}
}

const cancelCode = 80877102
