package lakebase

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"io"
	"net"
	"strings"
	"syscall"

	"github.com/databricks/databricks-sdk-go/apierr"
	"github.com/databricks/databricks-sdk-go/httpclient"
	"github.com/jackc/pgx/v5/pgconn"
	"golang.org/x/oauth2"
)

// Explain finds the cause and cure of an error of a query or connection: what a pool, database/sql or Token returned.
// nil when it is of no kind that the package knows, such as a syntax error or a caller's own cancellation.
func Explain(err error) *Error {
	var known *Error
	if errors.As(err, &known) {
		return known
	}
	var refused *pgconn.PgError
	if errors.As(err, &refused) {
		switch code := refused.Code; {
		case code == "57P01" || code == "57P02":
			return fail(ErrSuspended, "query", err)
		case code == "42P01":
			return fail(ErrSchemaMissing, "query", err)
		}
		if code := codeOf(refused); code != "" {
			return fail(code, "query", err)
		}
		return nil
	}
	if code := codeOfTransport(err); code != "" {
		if code == ErrWaking && !dialing(err) {
			code = ErrSuspended
		}
		return fail(code, "query", err)
	}
	return nil
}

// codeOf is the cause of a refusal during login. Empty when it is none of the table's.
func codeOf(e *pgconn.PgError) Code {
	switch {
	case strings.Contains(e.Message, "Failed to decode token for role"):
		return ErrTokenUndecodable
	case strings.Contains(e.Message, "Invalid protocol version") || strings.Contains(e.Message, "connection is insecure"):
		return ErrTLSRequired
	}
	switch e.Code {
	case "28P01", "28000":
		return ErrAuthRejected
	case "57P03", "57P01", "57P02":
		return ErrWaking
	case "53300":
		return ErrTooManyConnections
	case "3D000":
		return ErrDatabaseMissing
	case "3F000":
		return ErrSchemaMissing
	case "42501":
		return ErrPermission
	case "08P01":
		return ErrProtocol
	}
	if strings.HasPrefix(e.Code, "08") {
		return ErrWaking
	}
	return ""
}

// codeOfTransport is the cause of a failure below the Postgres protocol. The caller's own cancellation is none.
func codeOfTransport(err error) Code {
	var (
		untrusted x509.UnknownAuthorityError
		misnamed  x509.HostnameError
		invalid   x509.CertificateInvalidError
		unproved  *tls.CertificateVerificationError
		alert     tls.AlertError
		header    tls.RecordHeaderError
		network   net.Error
		name      *net.DNSError
	)
	switch {
	case errors.Is(err, context.Canceled):
		return ""
	case errors.As(err, &name) && name.IsNotFound:
		return ErrHostUnknown
	case errors.As(err, &untrusted), errors.As(err, &misnamed), errors.As(err, &invalid), errors.As(err, &unproved):
		return ErrTLSUntrusted
	case errors.Is(err, errNoTLS):
		return ErrTLSRequired
	case errors.As(err, &alert), errors.As(err, &header):
		return ErrProtocol
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF), errors.Is(err, syscall.ECONNREFUSED),
		errors.Is(err, syscall.ECONNRESET), errors.Is(err, syscall.EPIPE), errors.Is(err, net.ErrClosed),
		errors.Is(err, context.DeadlineExceeded), errors.As(err, &network):
		return ErrWaking
	}
	return ""
}

// passing are the causes that a connection is tried again for: resolvers fail for moments, too.
func passing(c Code) bool { return c == ErrWaking || c == ErrHostUnknown }

func dialing(err error) bool {
	var op *net.OpError
	return errors.As(err, &op) && op.Op == "dial"
}

// codeOfMint is the cause of a failed request for a token.
func codeOfMint(err error) Code {
	var api *apierr.APIError
	if errors.As(err, &api) {
		switch s := api.StatusCode; {
		case s == 401 || s == 403:
			return ErrMintDenied
		case s == 404:
			return ErrMintNotFound
		case s == 429 || s >= 500:
			return ErrMintUnavailable
		case s == 400:
			return ErrMintNotFound
		}
	}
	var (
		answer *httpclient.HttpError
		grant  *oauth2.RetrieveError
	)
	switch {
	// What the token endpoint of the login answered is wrapped in these; 400 is a grant or client that it does not know.
	case errors.Is(err, apierr.ErrUnauthenticated), errors.Is(err, apierr.ErrPermissionDenied), errors.Is(err, apierr.ErrBadRequest):
		return ErrMintDenied
	case errors.As(err, &answer) && (answer.StatusCode == 400 || answer.StatusCode == 401 || answer.StatusCode == 403):
		return ErrMintDenied
	case errors.As(err, &grant) && grant.Response != nil && grant.Response.StatusCode < 429:
		return ErrMintDenied
	case strings.Contains(err.Error(), "cannot configure default credentials"), strings.Contains(err.Error(), "validate: "):
		return ErrMintDenied
	}
	return ErrMintUnavailable
}

// codeOfExplained is the code of an error that is an *Error already; empty otherwise.
func codeOfExplained(err error) Code {
	var known *Error
	if errors.As(err, &known) {
		return known.Code
	}
	return ""
}
