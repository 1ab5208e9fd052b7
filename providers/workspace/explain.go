package workspace

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/url"
	"strings"

	"github.com/databricks/databricks-sdk-go/apierr"

	"github.com/tellr-dev/tellr/engine/resource"
)

var errNoHost = errors.New("no host is configured")

const howToLogIn = "run `databricks auth login --host https://YOUR-WORKSPACE`, or set DATABRICKS_HOST and DATABRICKS_TOKEN " +
	"(or DATABRICKS_CLIENT_ID and DATABRICKS_CLIENT_SECRET); which profile or host is used stands in the environment block"

// Explain turns an error of the SDK into one for a user: what was being done
// ("reading app tellr-dev", "create app tellr-dev"), why it failed, what to do next. need is the
// permission that it takes ("CAN_MANAGE on the app"), or "". The original
// error stays inside, for errors.Is and errors.As; what is explained already,
// and a cancelled context, is returned as it is.
func Explain(err error, doing, need string) error {
	var d *resource.Diagnostic
	if err == nil || errors.As(err, &d) || errors.Is(err, context.Canceled) {
		return err
	}
	d = &resource.Diagnostic{Severity: resource.Error, Err: err, Detail: text(err)}
	var a *apierr.APIError
	var late *Timeout
	var away *Unreachable
	var failed *Failed
	switch {
	case errors.As(err, &late):
		d.Summary = "it took too long"
		d.Detail = fmt.Sprintf("%s: not in %s; last seen: %s", late.For, late.After, late.State)
		d.Cure = "what was begun goes on without tellr; plan again to see how far it came, and apply to wait on"
	case errors.As(err, &away):
		d.Summary = "cannot reach the workspace " + away.Host
		d.Detail = cause(away.Err)
		d.Cure = "check the host in the environment block, the profile or DATABRICKS_HOST, and the network, proxy or VPN"
	case errors.As(err, &failed):
		d.Summary = doing + ": the workspace could not finish it"
		d.Detail = fmt.Sprintf("%s (%s)", strings.TrimSuffix(strings.TrimSpace(failed.Message), "."), failed.Code)
		d.Cure = "plan again to see what is left to do"
		if isQuota(failed.Code) {
			d.Cure = "delete what is no longer used, or ask Databricks to raise the limit, then apply again"
		}
	case errors.As(err, &a):
		explainAPI(d, a, doing, need)
	case errors.Is(err, errNoHost), strings.Contains(d.Detail, "cannot configure default credentials"):
		d.Summary = "not logged in to a workspace"
		d.Cure = howToLogIn + "; to try tellr without a workspace, put `tellr sandbox --` before the command"
	case strings.Contains(d.Detail, "more than one authorization method"):
		d.Summary = "two kinds of login are configured at once"
		d.Cure = "unset one of them, or choose with DATABRICKS_AUTH_TYPE (pat, oauth-m2m, databricks-cli, …)"
	case strings.Contains(d.Detail, "profile configured"):
		d.Summary = "no such profile"
		d.Cure = "correct `profile` in the environment block, or run `databricks auth login --profile NAME`; `databricks auth profiles` lists what there is"
	case isNetwork(err):
		d.Summary = doing + ": no answer from the workspace"
		d.Cure = "check the network, proxy or VPN, then plan again: what was begun is seen by the next plan"
	case errors.Is(err, context.DeadlineExceeded):
		d.Summary = doing + ": no answer in time"
		d.Cure = "plan again: what was begun is seen by the next plan"
	default:
		d.Summary = doing + " failed"
		d.Cure = "plan again to see what is left to do"
	}
	return d
}

func explainAPI(d *resource.Diagnostic, a *apierr.APIError, doing, need string) {
	switch {
	case errors.Is(a, apierr.ErrUnauthenticated):
		d.Summary = "the workspace does not accept the login"
		d.Detail = doing + ": " + d.Detail
		d.Cure = "the token may have expired or belong to another workspace: " + howToLogIn
	case errors.Is(a, apierr.ErrPermissionDenied):
		d.Summary = doing + ": no permission"
		d.Cure = "ask an administrator of the workspace, or log in as someone who may"
		if need != "" {
			d.Cure = "it takes " + need + ": ask its owner or an administrator of the workspace, or log in as someone who has it"
		}
	case isQuota(a.ErrorCode):
		d.Summary = doing + ": a limit of the workspace is reached"
		d.Cure = "delete what is no longer used, or ask Databricks to raise the limit, then apply again"
	case errors.Is(a, apierr.ErrTooManyRequests):
		d.Summary = doing + ": the workspace asks to slow down"
		d.Cure = "wait a minute and try again; --parallel 1 makes fewer requests at a time"
	case IsExists(a):
		d.Summary = doing + ": the name is already taken"
		d.Cure = "choose another name, or delete the thing that has it"
	case IsMissing(a):
		d.Summary = doing + ": not found"
		d.Cure = "it may have been deleted meanwhile: plan again"
	case IsBusy(a):
		d.Summary = doing + ": another operation is still under way"
		d.Cure = "wait until it is done and apply again"
	case a.StatusCode >= 500:
		d.Summary = doing + ": the workspace failed"
		d.Cure = "try again in a few minutes; what was done already is seen by the next plan"
	case a.StatusCode >= 400:
		d.Summary = doing + ": the workspace refused it"
		d.Cure = "correct what it names, or plan again if it changed meanwhile"
	default:
		d.Summary = doing + " failed"
		d.Cure = "plan again to see what is left to do"
	}
}

// text is the error with the API's code, which a search finds where the
// message changes.
func text(err error) string {
	var a *apierr.APIError
	if errors.As(err, &a) {
		code := a.ErrorCode
		if a.StatusCode != 0 {
			code = strings.TrimSpace(fmt.Sprintf("%s, HTTP %d", code, a.StatusCode))
		}
		return fmt.Sprintf("%s (%s)", strings.TrimSuffix(strings.TrimSpace(a.Message), "."), strings.TrimPrefix(code, ", "))
	}
	return err.Error()
}

func isNetwork(err error) bool {
	var u *url.Error
	var n net.Error
	return errors.As(err, &u) || errors.As(err, &n)
}

// cause leaves out the method and the address that net/http puts in front.
func cause(err error) string {
	var u *url.Error
	if errors.As(err, &u) {
		return u.Err.Error()
	}
	return err.Error()
}
