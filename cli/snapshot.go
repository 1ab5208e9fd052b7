package cli

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"

	"github.com/tellr-dev/tellr/engine/resource"
)

// snapshotFormat is the version of the file that --save-snapshot writes.
const snapshotFormat = 1

// snapshotFile is a recorded world: what was live when it was read.
type snapshotFile struct {
	Format      int                  `json:"format"`
	Tellr       string               `json:"tellr"`
	Environment string               `json:"environment"`
	Snapshots   []*resource.Snapshot `json:"snapshots"`
}

func writeSnapshots(file, environment, version string, snaps []*resource.Snapshot) error {
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "  ")
	if err := enc.Encode(snapshotFile{snapshotFormat, version, environment, snaps}); err != nil {
		return fmt.Errorf("record the snapshot: %w", err)
	}
	return writeFile(file, b.Bytes(), private)
}

func readSnapshots(file, environment string) ([]*resource.Snapshot, error) {
	data, err := os.ReadFile(file)
	if err != nil {
		return nil, fail("cannot read the snapshot "+file, reason(err), "tellr plan --save-snapshot FILE records one")
	}
	dec := json.NewDecoder(bytes.NewReader(data))
	dec.DisallowUnknownFields()
	var s snapshotFile
	if err := dec.Decode(&s); err != nil {
		return nil, fail(file+" is not a snapshot", err.Error(), "tellr plan --save-snapshot FILE records one")
	}
	if s.Format != snapshotFormat {
		return nil, fail(fmt.Sprintf("%s has format %d, and this tellr reads format %d", file, s.Format, snapshotFormat), "", "record it again with tellr plan --save-snapshot")
	}
	if s.Environment != environment {
		return nil, fail(fmt.Sprintf("%s was recorded of environment %q, and this is %q", file, s.Environment, environment), "", "record one of this environment with tellr plan --save-snapshot")
	}
	return s.Snapshots, nil
}
