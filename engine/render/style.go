package render

// Style colours text by what it means, with the eight colours that every
// terminal has. The zero Style leaves text as it is.
type Style struct{ on bool }

// NewStyle gives a style that colours, or one that does not.
func NewStyle(color bool) Style { return Style{on: color} }

func (s Style) paint(code, text string) string {
	if !s.on || text == "" {
		return text
	}
	return "\x1b[" + code + "m" + text + "\x1b[0m"
}

// What is made, changed, made anew, removed, refused.
func (s Style) Create(t string) string  { return s.paint("32", t) }
func (s Style) Update(t string) string  { return s.paint("33", t) }
func (s Style) Replace(t string) string { return s.paint("35", t) }
func (s Style) Destroy(t string) string { return s.paint("31", t) }
func (s Style) Blocked(t string) string { return s.paint("1;31", t) }

// What the reader should see first, later, or copy.
func (s Style) Heading(t string) string { return s.paint("1", t) }
func (s Style) Muted(t string) string   { return s.paint("2", t) }
func (s Style) Help(t string) string    { return s.paint("36", t) }

// How it went.
func (s Style) Error(t string) string   { return s.paint("1;31", t) }
func (s Style) Warning(t string) string { return s.paint("1;33", t) }
func (s Style) Good(t string) string    { return s.paint("1;32", t) }
