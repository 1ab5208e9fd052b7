package lakebase

import "time"

// WithWall replaces the clock that tokens expire by, which synctest cannot part from the monotonic one.
func WithWall(wall func() time.Time) Option { return func(o *options) { o.wall = wall } }

// WithRandom replaces the random source of jitter.
func WithRandom(random func() float64) Option { return func(o *options) { o.random = random } }

// WithWakeBudget bounds how long a connection is tried again.
func WithWakeBudget(d time.Duration) Option { return func(o *options) { o.wakeBudget = d } }

// Login is login, for fuzzing what a server may say.
var Login = login

// Limited is an error whose answer says when to try again.
func Limited(err error, after time.Duration) error { return &limitedError{err, after} }
