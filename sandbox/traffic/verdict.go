package traffic

// Verdict is what becomes of the connection at a moment.
type Verdict int

const (
	// Pass: nothing happens to it.
	Pass Verdict = iota
	// Cut: it is reset. Before the effect there is none, after it nobody hears of it.
	Cut
	// Silent: as Cut, but the client is not told: the connection stays open until the client closes it, and nothing more
	// comes on it.
	Silent
)

// Moment is when a verdict is asked for: before or after the effect of a request or a statement, of which one is set.
// A login of Postgres is a moment too, before its effect: a Statement of kind Login.
type Moment struct {
	Request   *Request
	Statement *Statement
	After     bool
}

// Judge sets who decides at each moment, after the hooks; nil for nobody. It runs on the goroutine of the call.
func (l *Log) Judge(f func(Moment) Verdict) { l.hook(func() { l.judge = f }) }

// JudgeLogin asks for the verdict on a login to Postgres.
func (l *Log) JudgeLogin(s Statement) Verdict {
	s.Kind = Login
	return l.decide(Moment{Statement: &s}, func() bool { return false })
}

// decide runs the kills that are due, and asks the judge.
func (l *Log) decide(m Moment, strike func() bool) Verdict {
	if strike() {
		return Cut
	}
	l.mu.Lock()
	judge := l.judge
	l.mu.Unlock()
	if judge == nil {
		return Pass
	}
	return judge(m)
}
