package resource

// HazardKind says in which way a statement may hurt those who use the database
// meanwhile, or afterwards.
type HazardKind string

const (
	HazardLock              HazardKind = "lock"               // readers or writers of a table with rows wait
	HazardRewrite           HazardKind = "rewrite"            // the table is copied
	HazardScan              HazardKind = "scan"               // the whole table is read while others wait
	HazardDataDestroyed     HazardKind = "data_destroyed"     // values are gone for good
	HazardIndexDropped      HazardKind = "index_dropped"      // queries may lose what makes them fast
	HazardUndeclaredDropped HazardKind = "undeclared_dropped" // what nobody declared goes with it
	HazardPrivilegesWidened HazardKind = "privileges_widened" // somebody may do more than before
	HazardInvalidates       HazardKind = "invalidates"        // a view, a function or a prepared statement may not work any more
)

// HazardKinds lists them in the order in which a reader should see them.
var HazardKinds = []HazardKind{
	HazardDataDestroyed, HazardRewrite, HazardLock, HazardScan, HazardIndexDropped, HazardUndeclaredDropped, HazardPrivilegesWidened, HazardInvalidates,
}

// Hazard is one way in which a statement may hurt.
type Hazard struct {
	Kind   HazardKind `json:"kind"`
	Detail string     `json:"detail"` // what exactly: "ACCESS EXCLUSIVE on app.orders"
	Rows   int64      `json:"rows,omitempty"`
	Bytes  int64      `json:"bytes,omitempty"`
}

// Batch makes a statement run many times, each in a transaction of its own,
// so that a change of many rows holds no lock for long and can go on where it
// stopped. In the statement, $1 and $2 are the ends of a range of whole
// numbers, the second not included.
//
// One pass goes from 0 to what End gives (the number of pages of a table) by
// Size. Passes are made until one touches no row: the statement's own
// condition leaves out what is done.
type Batch struct {
	End  SQL   `json:"end"` // a query with one whole number
	Size int64 `json:"size"`
}
