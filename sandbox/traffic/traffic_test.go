package traffic

import (
	"testing"
	"time"
)

func TestPatterns(t *testing.T) {
	for _, c := range []struct {
		pattern, s string
		want       bool
	}{
		{"/a", "/a", true}, {"/a", "/a/b", false}, {"/a*", "/a/b/c", true}, {"*", "", true},
		{"/a/*/c", "/a/b/c", true}, {"/a/*/c", "/a/b/d", false}, {"*/update", "/apps/x/update", true}, {"/a*a", "/a", false},
	} {
		if got := matches(c.pattern, c.s); got != c.want {
			t.Errorf("%q against %q: %v", c.pattern, c.s, got)
		}
	}
}

func TestFaultsStrikeInTurn(t *testing.T) {
	l := NewLog(time.Now)
	for _, f := range []Fault{{Route: "GET /a", Status: 500, Skip: 1}, {Route: "/b", Status: 501, Count: -1}, {Route: "/c", Stale: true}} {
		if err := l.Arm(f); err != nil {
			t.Fatal(err)
		}
	}
	for i, c := range []struct {
		method, path string
		status       int
		struck       bool
	}{
		{"GET", "/a", 0, false}, {"POST", "/a", 0, false}, {"GET", "/a", 500, true}, {"GET", "/a", 0, false},
		{"PUT", "/b", 501, true}, {"GET", "/b", 501, true}, {"POST", "/c", 0, false}, {"GET", "/c", 0, true},
	} {
		if f, struck := l.FaultFor(c.method, c.path); struck != c.struck || f.Status != c.status {
			t.Errorf("%d: %s %s: %+v %v", i, c.method, c.path, f, struck)
		}
	}
	l.Disarm()
	if _, struck := l.FaultFor("GET", "/b"); struck {
		t.Error("struck after Disarm")
	}
}

func TestWhatCannotBeArmed(t *testing.T) {
	l := NewLog(time.Now)
	for _, k := range []Kill{{}, {PID: 1, Request: 1}, {PID: 99999}, {PID: 99999, Request: 1, Statement: 1}, {PID: 99999, Request: -1}} {
		if l.ArmKill(k) == nil {
			t.Errorf("%+v is armed", k)
		}
	}
	for _, f := range []GatewayFault{{}, {RefuseLogin: "57"}, {DropAfterBytes: 1, DropInTransaction: true}} {
		if l.ArmGateway(f) == nil {
			t.Errorf("%+v is armed", f)
		}
	}
}

func TestNumbersAndHooks(t *testing.T) {
	l := NewLog(time.Now)
	var heard []int
	l.OnRequest(func(r Request) { heard = append(heard, r.Seq, r.Status) })
	l.AfterRequest(func(r Request) { heard = append(heard, r.Seq, r.Status) })
	seq, _ := l.BeginRequest(Request{Method: "GET"})
	l.EndRequest(seq, 404, "NOT_FOUND", false)
	if len(heard) != 4 || heard[0] != 1 || heard[1] != 0 || heard[3] != 404 {
		t.Errorf("heard %v", heard)
	}
	if r := l.Requests()[0]; r.ErrorCode != "NOT_FOUND" || r.Took < 0 {
		t.Errorf("%+v", r)
	}
}
