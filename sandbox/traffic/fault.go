package traffic

import (
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"
)

// Reset says when a connection is cut instead of answered.
type Reset string

const (
	ResetBefore Reset = "before" // the request has no effect
	ResetAfter  Reset = "after"  // it has its effect: the lost response
)

// Fault spoils API requests.
type Fault struct {
	// Route is "METHOD PATH" or "PATH"; * in it stands for anything, slashes too.
	Route string `json:"route"`
	// Skip lets so many matching requests pass first.
	Skip int `json:"skip,omitempty"`
	// Count is how many requests it strikes; 0 is one, -1 all.
	Count int `json:"count,omitempty"`
	// Status answers with this HTTP status instead of doing anything, with ErrorCode and Message in the body.
	Status    int    `json:"status,omitempty"`
	ErrorCode string `json:"error_code,omitempty"`
	Message   string `json:"message,omitempty"`
	// Slow delays the request, in addition to what else is asked.
	Slow Duration `json:"slow,omitempty"`
	// Reset cuts the connection.
	Reset Reset `json:"reset,omitempty"`
	// Stale answers a GET with what the same GET answered before, or 404 when it never was answered: an eventually
	// consistent read after a write.
	Stale bool `json:"stale,omitempty"`
}

// Duration is written as Go writes it, such as "150ms".
type Duration time.Duration

func (d *Duration) UnmarshalJSON(raw []byte) error {
	var s string
	if err := json.Unmarshal(raw, &s); err != nil {
		return fmt.Errorf("a duration is a string such as \"150ms\", not %s", raw)
	}
	parsed, err := time.ParseDuration(s)
	*d = Duration(parsed)
	return err
}

func (d Duration) MarshalJSON() ([]byte, error) { return json.Marshal(time.Duration(d).String()) }

// Arm adds a fault.
func (l *Log) Arm(f Fault) error {
	if f.Route == "" {
		return fmt.Errorf("fault: route is empty: write \"METHOD PATH\" or a path, with * for anything")
	}
	if f.Reset != "" && f.Reset != ResetBefore && f.Reset != ResetAfter {
		return fmt.Errorf("fault: reset is %q: write before or after", f.Reset)
	}
	if f.Status != 0 && (f.Status < 200 || f.Status > 599) {
		return fmt.Errorf("fault: status %d is no HTTP status", f.Status)
	}
	if f.Status == 0 && f.Slow == 0 && f.Reset == "" && !f.Stale {
		return fmt.Errorf("fault: nothing is to happen: set status, slow, reset or stale")
	}
	if f.Count == 0 {
		f.Count = 1
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.faults = append(l.faults, &f)
	return nil
}

// Disarm removes all faults and kills.
func (l *Log) Disarm() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.faults, l.gatewayFaults, l.kills = nil, nil, nil
}

// FaultFor takes the fault that strikes this request, if any.
func (l *Log) FaultFor(method, path string) (Fault, bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for i, f := range l.faults {
		if f.Stale && method != http.MethodGet {
			continue
		}
		wantMethod, pattern, ok := strings.Cut(f.Route, " ")
		if !ok {
			wantMethod, pattern = method, f.Route
		}
		if wantMethod != method || !matches(pattern, path) {
			continue
		}
		if f.Skip > 0 {
			f.Skip--
			continue
		}
		if f.Count > 0 {
			if f.Count--; f.Count == 0 {
				l.faults = slices.Delete(l.faults, i, i+1)
			}
		}
		return *f, true
	}
	return Fault{}, false
}

// matches compares with * standing for any text.
func matches(pattern, s string) bool {
	first, rest, star := strings.Cut(pattern, "*")
	if !star {
		return pattern == s
	}
	s, ok := strings.CutPrefix(s, first)
	if !ok {
		return false
	}
	for i := 0; i <= len(s); i++ {
		if matches(rest, s[i:]) {
			return true
		}
	}
	return false
}

// GatewayFault spoils connections to Postgres.
type GatewayFault struct {
	// Endpoint limits it to one, such as instances/NAME; * stands for anything; empty is every endpoint.
	Endpoint string `json:"endpoint,omitempty"`
	// Count is how often it strikes; 0 is once, -1 always.
	Count int `json:"count,omitempty"`
	// Exactly one of the following.
	RefuseLogin       string `json:"refuse_login,omitempty"`        // answer a login with this SQLSTATE, such as 57P03
	DropAfterBytes    int64  `json:"drop_after_bytes,omitempty"`    // cut a new connection after so many bytes to the client
	DropInTransaction bool   `json:"drop_in_transaction,omitempty"` // cut at the first statement inside an open transaction
}

// ArmGateway adds a fault of the gateway.
func (l *Log) ArmGateway(f GatewayFault) error {
	kinds := 0
	for _, set := range []bool{f.RefuseLogin != "", f.DropAfterBytes > 0, f.DropInTransaction} {
		if set {
			kinds++
		}
	}
	if kinds != 1 {
		return fmt.Errorf("gateway fault: set exactly one of refuse_login, drop_after_bytes, drop_in_transaction")
	}
	if f.RefuseLogin != "" && len(f.RefuseLogin) != 5 {
		return fmt.Errorf("gateway fault: refuse_login is %q: write an SQLSTATE of five characters, such as 57P03", f.RefuseLogin)
	}
	if f.Count == 0 {
		f.Count = 1
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.gatewayFaults = append(l.gatewayFaults, &f)
	return nil
}

// TakeGatewayFault takes the first fault for this endpoint that fits.
func (l *Log) TakeGatewayFault(endpoint string, fits func(GatewayFault) bool) (GatewayFault, bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for i, f := range l.gatewayFaults {
		if f.Endpoint != "" && !matches(f.Endpoint, endpoint) || !fits(*f) {
			continue
		}
		if f.Count > 0 {
			if f.Count--; f.Count == 0 {
				l.gatewayFaults = slices.Delete(l.gatewayFaults, i, i+1)
			}
		}
		return *f, true
	}
	return GatewayFault{}, false
}
