package lakebase

import (
	"maps"
	"net"
)

// Parameters are what every session is to begin with, for programs that write the startup packet themselves: the
// search_path of the schema, application_name, and what DATABASE_URL asked for.
func (c *Connector) Parameters() map[string]string {
	if cfg, err := c.given(); cfg != nil && err == nil {
		return cfg.RuntimeParams
	}
	params := maps.Clone(c.resolution.params)
	if params == nil {
		params = map[string]string{}
	}
	c.parameters(params)
	return params
}

// NetConn is the encrypted connection of a session that Connect returned, once what the server said has been read.
func (s *session) NetConn() net.Conn { return s.Conn }
