package api

import (
	"bytes"
	"encoding/base64"
	"errors"
	"io"
	"maps"
	"mime"
	"mime/multipart"
	"net/http"
	"path"
	"slices"
	"strings"
	"time"
)

const (
	kindDirectory = "DIRECTORY"
	kindFile      = "FILE"
	kindNotebook  = "NOTEBOOK"
)

// file is an object of the workspace's tree, keyed by its path without /Workspace.
type file struct {
	id                int64
	kind, language    string
	content           []byte
	created, modified time.Time
}

type wireObject struct {
	Path     string `json:"path"`
	Type     string `json:"object_type"`
	ID       int64  `json:"object_id"`
	Resource string `json:"resource_id"`
	Size     int64  `json:"size,omitempty"`
	Created  int64  `json:"created_at,omitempty"`
	Modified int64  `json:"modified_at,omitempty"`
	Language string `json:"language,omitempty"`
}

func (f *file) wire(name string) wireObject { // no hash, no etag [sdk]
	w := wireObject{Path: name, Type: f.kind, ID: f.id, Resource: itoa(int(f.id)), Language: f.language}
	if f.kind == kindFile {
		w.Size, w.Created, w.Modified = int64(len(f.content)), f.created.UnixMilli(), f.modified.UnixMilli()
	}
	return w
}

func (s *Server) fileRoutes(handle func(string, handler)) {
	const root = "/api/2.0/workspace/"
	handle("POST "+root+"mkdirs", locked(s.mkdirs))
	handle("POST "+root+"import", locked(s.importObject))
	handle("GET "+root+"get-status", locked(s.getStatus))
	handle("GET "+root+"list", locked(s.listObjects))
	handle("GET "+root+"export", locked(s.export))
	handle("POST "+root+"delete", locked(s.deleteObject))
	handle("POST /api/2.0/workspace-files/import-file/{path...}", locked(s.importFile)) // [cli]
	handle("GET /api/2.0/workspace-files/{path...}", locked(s.readFile))                // [cli]
}

// makeRoot makes the folders that every workspace has.
func (s *Server) makeRoot() {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, dir := range []string{"/", "/Users", "/Shared", "/Repos"} {
		s.makeDir(dir)
	}
	for _, i := range s.identities {
		s.makeDir("/Users/" + i.UserName)
	}
}

func (s *Server) makeDir(name string) {
	s.files[name] = &file{id: s.id(), kind: kindDirectory, created: s.now(), modified: s.now()}
}

// cleanPath makes the key of a path: /Workspace/Users/… and /Users/… are the same. [doc]
func cleanPath(name string) (string, error) {
	if !strings.HasPrefix(name, "/") {
		return "", invalid("Path (%s) doesn't start with '/'", name)
	}
	name = path.Clean(name)
	if name == "/Workspace" {
		return "/", nil
	}
	if rest, ok := strings.CutPrefix(name, "/Workspace/"); ok {
		return "/" + rest, nil
	}
	return name, nil
}

func pathMissing(name string) error {
	return refuse(http.StatusNotFound, "RESOURCE_DOES_NOT_EXIST", "Path (%s) doesn't exist.", name)
}

// writable makes the caller's folder when it first matters, and says whether the caller may write at a path: administrators
// everywhere, others in their own folder and in /Shared.
func (s *Server) writable(c *call, name string) error {
	own := "/Users/" + c.me.UserName
	if s.files[own] == nil {
		s.makeDir(own)
	}
	if c.me.Admin || name == own || strings.HasPrefix(name, own+"/") || strings.HasPrefix(name, "/Shared/") {
		return nil
	}
	return refuse(http.StatusForbidden, "PERMISSION_DENIED", "%s does not have permission to write to %s", c.me.UserName, name)
}

// mkdirs creates parents too and is idempotent; a file in the way is an error. [sdk]
func (s *Server) mkdirs(c *call) (any, error) {
	var body struct {
		Path string `json:"path"`
	}
	if err := c.decode(&body); err != nil {
		return nil, err
	}
	name, err := cleanPath(body.Path)
	if err != nil {
		return nil, err
	}
	var missing []string
	for at := name; ; at = path.Dir(at) {
		if f := s.files[at]; f != nil {
			if f.kind != kindDirectory {
				return nil, badCode("RESOURCE_ALREADY_EXISTS", "Path (%s) is not a directory.", at)
			}
			break
		}
		missing = append(missing, at)
	}
	if len(missing) > 0 {
		if err := s.writable(c, name); err != nil {
			return nil, err
		}
	}
	for _, dir := range slices.Backward(missing) {
		if s.files[dir] == nil {
			s.makeDir(dir)
		}
	}
	return nil, nil
}

func badCode(code, format string, args ...any) error {
	return refuse(http.StatusBadRequest, code, format, args...)
}

const maxImport = 10 << 20 // of the JSON form [sdk]

// upload is one file on its way into the tree.
type upload struct {
	Path      string `json:"path"`
	Content   string `json:"content"` // base64 in the JSON form
	Format    string `json:"format"`
	Language  string `json:"language"`
	Overwrite bool   `json:"overwrite"`
	data      []byte
}

func (s *Server) importObject(c *call) (any, error) {
	var u upload
	kind, params, _ := mime.ParseMediaType(c.r.Header.Get("Content-Type"))
	if kind == "multipart/form-data" {
		if err := u.readForm(c.body, params["boundary"]); err != nil {
			return nil, refuse(http.StatusBadRequest, "MALFORMED_REQUEST", "%s", err)
		}
	} else {
		if err := c.decode(&u); err != nil {
			return nil, err
		}
		data, err := base64.StdEncoding.DecodeString(u.Content)
		if err != nil {
			return nil, badCode("MALFORMED_REQUEST", "content is not base64")
		}
		if len(data) > maxImport {
			return nil, badCode("MAX_NOTEBOOK_SIZE_EXCEEDED", "File size imported is (%d bytes), exceeded max size (%d bytes)", len(data), maxImport)
		}
		u.data = data
	}
	return nil, s.enter(c, u, http.StatusBadRequest)
}

// readForm reads the SDK's Upload: fields path, content, format, language, overwrite.
func (u *upload) readForm(body []byte, boundary string) error {
	if boundary == "" {
		return errors.New("multipart form has no boundary")
	}
	form := multipart.NewReader(bytes.NewReader(body), boundary)
	for {
		part, err := form.NextPart()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		data, err := io.ReadAll(part)
		if err != nil {
			return err
		}
		switch part.FormName() {
		case "path":
			u.Path = string(data)
		case "content":
			u.data = data
		case "format":
			u.Format = string(data)
		case "language":
			u.Language = string(data)
		case "overwrite":
			u.Overwrite = string(data) == "true"
		}
	}
}

// importFile takes the raw body; what looks like a notebook becomes one. [cli]
func (s *Server) importFile(c *call) (any, error) {
	u := upload{Path: "/" + strings.TrimPrefix(c.path("path"), "/"), Format: "AUTO", Overwrite: c.query("overwrite") == "true", data: c.body}
	return nil, s.enter(c, u, http.StatusConflict)
}

// languages of notebooks, by extension, and the first line that makes a source file a notebook. [doc]
func notebookOf(name string, data []byte) (language string, ok bool) {
	comment := map[string]string{".py": "#", ".r": "#", ".sql": "--", ".scala": "//"}[strings.ToLower(path.Ext(name))]
	language = map[string]string{".py": "PYTHON", ".r": "R", ".sql": "SQL", ".scala": "SCALA"}[strings.ToLower(path.Ext(name))]
	return language, comment != "" && bytes.HasPrefix(data, []byte(comment+" Databricks notebook source"))
}

// enter puts an upload into the tree. conflict is the status for what is there already.
func (s *Server) enter(c *call, u upload, conflict int) error {
	name, err := cleanPath(u.Path)
	if err != nil {
		return err
	}
	f := &file{kind: kindFile, content: u.data, created: s.now(), modified: s.now()}
	switch u.Format {
	case "RAW":
	case "AUTO": // [issue] a source file with the notebook's first line becomes a notebook and loses its extension
		if language, ok := notebookOf(name, u.data); ok {
			f.kind, f.language = kindNotebook, language
			name = strings.TrimSuffix(name, path.Ext(name))
		} else if path.Ext(name) == ".ipynb" {
			f.kind, f.language = kindNotebook, "PYTHON"
			name = strings.TrimSuffix(name, ".ipynb")
		}
	case "", "SOURCE":
		if u.Language == "" {
			return invalid("The language must be specified for format SOURCE; use format AUTO or RAW for files")
		}
		f.kind, f.language = kindNotebook, u.Language
	case "JUPYTER":
		f.kind, f.language = kindNotebook, "PYTHON"
	case "DBC", "HTML", "R_MARKDOWN":
		return refuse(http.StatusNotImplemented, "NOT_IMPLEMENTED", "the sandbox cannot import format %s", u.Format)
	default:
		return invalid("Unknown import format '%s'", u.Format)
	}
	if err := s.writable(c, name); err != nil {
		return err
	}
	if parent := s.files[path.Dir(name)]; parent == nil || parent.kind != kindDirectory {
		return refuse(http.StatusNotFound, "RESOURCE_DOES_NOT_EXIST", "The parent folder (%s) does not exist.", path.Dir(name))
	}
	f.id = s.id()
	if old := s.files[name]; old != nil {
		if !u.Overwrite {
			return refuse(conflict, "RESOURCE_ALREADY_EXISTS", "Path (%s) already exists.", name)
		}
		if old.kind != f.kind {
			return badCode("INVALID_PARAMETER_VALUE", "Cannot overwrite the asset at %s due to type mismatch (asked: %s, actual: %s)", name, f.kind, old.kind)
		}
		f.id, f.created = old.id, old.created
	}
	s.files[name] = f
	return nil
}

func (s *Server) findFile(c *call, given string) (string, *file, error) {
	name, err := cleanPath(given)
	if err != nil {
		return "", nil, err
	}
	if name == "/Users/"+c.me.UserName && s.files[name] == nil {
		s.makeDir(name)
	}
	f := s.files[name]
	if f == nil {
		return "", nil, pathMissing(given)
	}
	return name, f, nil
}

func (s *Server) getStatus(c *call) (any, error) {
	name, f, err := s.findFile(c, c.query("path"))
	if err != nil {
		return nil, err
	}
	return f.wire(name), nil
}

func (s *Server) listObjects(c *call) (any, error) {
	name, f, err := s.findFile(c, c.query("path"))
	if err != nil {
		return nil, err
	}
	objects := []wireObject{}
	if f.kind != kindDirectory {
		objects = append(objects, f.wire(name))
	}
	for _, child := range slices.Sorted(maps.Keys(s.files)) {
		if child != "/" && child != name && path.Dir(child) == name {
			objects = append(objects, s.files[child].wire(child))
		}
	}
	if len(objects) == 0 {
		return nil, nil // the field is absent [sdk]
	}
	return map[string]any{"objects": objects}, nil
}

func (s *Server) export(c *call) (any, error) {
	_, f, err := s.findFile(c, c.query("path"))
	if err != nil {
		return nil, err
	}
	if f.kind == kindDirectory {
		return nil, refuse(http.StatusNotImplemented, "NOT_IMPLEMENTED", "the sandbox cannot export folders")
	}
	if c.query("direct_download") == "true" {
		return rawBody(f.content), nil
	}
	if len(f.content) > maxImport {
		return nil, badCode("MAX_NOTEBOOK_SIZE_EXCEEDED", "File size is (%d bytes), exceeded max size (%d bytes)", len(f.content), maxImport)
	}
	return map[string]string{"content": base64.StdEncoding.EncodeToString(f.content)}, nil
}

func (s *Server) readFile(c *call) (any, error) {
	_, f, err := s.findFile(c, "/"+strings.TrimPrefix(c.path("path"), "/"))
	if err != nil {
		return nil, err
	}
	return rawBody(f.content), nil
}

// deleteObject: a folder that is not empty needs recursive. [sdk]
func (s *Server) deleteObject(c *call) (any, error) {
	var body struct {
		Path      string `json:"path"`
		Recursive bool   `json:"recursive"`
	}
	if err := c.decode(&body); err != nil {
		return nil, err
	}
	name, _, err := s.findFile(c, body.Path)
	if err != nil {
		return nil, err
	}
	if err := s.writable(c, name); err != nil {
		return nil, err
	}
	if path.Dir(name) == "/" || name == "/Users/"+c.me.UserName {
		return nil, badRequest("Folder %s is protected", name)
	}
	var below []string
	for child := range s.files {
		if strings.HasPrefix(child, name+"/") {
			below = append(below, child)
		}
	}
	if len(below) > 0 && !body.Recursive {
		return nil, badCode("DIRECTORY_NOT_EMPTY", "Folder %s is not empty", name)
	}
	for _, child := range append(below, name) {
		delete(s.files, child)
	}
	return nil, nil
}
