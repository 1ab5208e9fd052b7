package workspace

import (
	"errors"
	"io"
	"net/http"
	"strings"

	"github.com/databricks/databricks-sdk-go/apierr"
)

// IsMissing tells whether the thing is not there. Both NOT_FOUND and
// RESOURCE_DOES_NOT_EXIST say so.
func IsMissing(err error) bool { return apierr.IsMissing(err) }

// Failed is an operation of the platform that ended in an error.
type Failed struct {
	Operation string // its resource name
	Code      string // such as ALREADY_EXISTS
	Message   string
}

func (e *Failed) Error() string { return e.Message }

// IsExists tells whether a create failed because the thing is there. Postgres
// roles and databases say it with a plain 400.
func IsExists(err error) bool {
	if errors.Is(err, apierr.ErrAlreadyExists) || errors.Is(err, apierr.ErrResourceAlreadyExists) {
		return true
	}
	var f *Failed
	if errors.As(err, &f) && (f.Code == "ALREADY_EXISTS" || f.Code == "RESOURCE_ALREADY_EXISTS") {
		return true
	}
	var a *apierr.APIError
	return errors.As(err, &a) && a.StatusCode == http.StatusBadRequest && strings.Contains(a.Message, "already exists")
}

// IsBusy tells whether another operation on the thing is under way, so that
// the same call will be accepted later.
func IsBusy(err error) bool {
	var a *apierr.APIError
	if !errors.As(err, &a) || IsExists(err) {
		return false
	}
	if errors.Is(err, apierr.ErrAborted) {
		return true
	}
	if a.StatusCode != http.StatusConflict && a.StatusCode != http.StatusBadRequest {
		return false
	}
	m := strings.ToLower(a.Message)
	return strings.Contains(m, "conflicting operation") || strings.Contains(m, "reconciliation") ||
		strings.Contains(m, "in progress")
}

// IsHiccup tells whether the server, not the question, is at fault. The SDK
// itself retries 429 and 503 only.
func IsHiccup(err error) bool {
	var a *apierr.APIError
	return isLost(err) || errors.As(err, &a) && (a.StatusCode >= 500 || a.StatusCode == http.StatusTooManyRequests)
}

// isLost tells whether the connection ended before the answer came. The SDK
// repeats a call after most such errors, but not after this one.
func isLost(err error) bool {
	return errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF)
}

// isQuota tells whether a limit of the workspace is reached.
func isQuota(code string) bool {
	switch code {
	case "QUOTA_EXCEEDED", "RESOURCE_LIMIT_EXCEEDED", "RESOURCE_EXHAUSTED":
		return true
	default:
		return false
	}
}
