package proxy_test

func asProgram() (code int, ok bool) { return 0, false }
