// Command bench prints how fast tellr is, as ratios: each figure of tellr
// stands beside another one measured in the same run, on the same machine, in
// turns. `make bench` runs it. The part load changes a large table while clients
// use it, and says how long they wait.
package main
