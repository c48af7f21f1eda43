// Package loop times middleware for net/http over the cases that all peers share.
//
// In the figure: the middleware's ServeHTTP, with what it looks up in the request's header map, what it writes into the
// response's header map, and what it allocates and the garbage collector makes of that. Not in the figure: parsing a
// request, making the request and the response (both are ready before the clock starts; the header map has had room
// for headers already, as one that is cleared between two requests has), writing the headers to a connection, and any
// recorder. The driver subtracts the same loop around an empty handler.
package loop

import (
	"bufio"
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"strings"
	"time"
)

// Policy is what a middleware is made from.
type Policy struct {
	Origins     []string
	Credentials bool
	Methods     []string
	Headers     []string
	Expose      []string
	MaxAge      int `json:"max_age"`
}

type line struct {
	Text   string
	Repeat int
	Copies int
}

type request struct {
	Policy       string
	Origins      []string
	Method       string
	AskedMethod  *string `json:"asked_method"`
	AskedHeaders []line  `json:"asked_headers"`
}

type cases struct {
	Batch    int
	Policies map[string]Policy
	Cases    []request
}

// Make wraps a handler in the middleware for a policy.
type Make func(Policy, http.Handler) (http.Handler, error)

// response holds headers and nothing else.
type response struct {
	headers http.Header
	status  int
}

func (r *response) Header() http.Header         { return r.headers }
func (r *response) Write(b []byte) (int, error) { return len(b), nil }
func (r *response) WriteHeader(status int)      { r.status = status }

// application answers nothing. It is no closure, so that a call of it is what a call of a handler is.
type application struct{ calls int }

func (a *application) ServeHTTP(http.ResponseWriter, *http.Request) { a.calls++ }

func (c *request) requests(batch int) []*http.Request {
	var lines []string
	for _, line := range c.AskedHeaders {
		for range line.Copies {
			lines = append(lines, strings.Repeat(line.Text, line.Repeat))
		}
	}
	made := make([]*http.Request, batch)
	for i := range made {
		headers := http.Header{"Accept": {"*/*"}, "Host": {"api.example.com"}}
		if len(c.Origins) > 0 {
			headers["Origin"] = []string{strings.Clone(c.Origins[i%len(c.Origins)])}
		}
		if c.AskedMethod != nil {
			headers["Access-Control-Request-Method"] = []string{*c.AskedMethod}
		}
		if len(lines) > 0 {
			headers["Access-Control-Request-Headers"] = lines
		}
		made[i] = &http.Request{Method: c.Method, Header: headers}
	}
	return made
}

func responses(batch int) []*response {
	made := make([]*response, batch)
	for i := range made {
		made[i] = &response{headers: make(http.Header, 8)}
		for j := range 8 { // the room for headers is there, as in a map that was cleared
			made[i].headers[fmt.Sprint(j)] = nil
		}
		clear(made[i].headers)
	}
	return made
}

func answer(handler http.Handler, app *application, c *request, batch int) map[string]any {
	app.calls = 0
	written := &response{headers: http.Header{}}
	handler.ServeHTTP(written, c.requests(batch)[0])
	pairs := [][2]string{}
	for name, values := range written.headers {
		for _, value := range values {
			pairs = append(pairs, [2]string{name, value})
		}
	}
	return map[string]any{"status": written.status, "headers": pairs, "passed": app.calls > 0}
}

func measure(handler http.Handler, requests []*http.Request, budget time.Duration) map[string]any {
	writers := responses(len(requests))
	var spent time.Duration
	operations := 0
	for spent < budget {
		for _, writer := range writers {
			clear(writer.headers)
		}
		start := time.Now()
		for i, request := range requests {
			handler.ServeHTTP(writers[i], request)
		}
		spent += time.Since(start)
		operations += len(requests)
	}
	return map[string]any{"ns": float64(spent.Nanoseconds()) / float64(operations), "operations": operations}
}

// Main answers the driver; what it asks is in the README of the peers.
func Main(peers map[string]Make) {
	content, err := os.ReadFile(os.Args[1])
	if err != nil {
		panic(err)
	}
	var all cases
	if err := json.Unmarshal(content, &all); err != nil {
		panic(err)
	}
	app := &application{}
	handlers := map[string]http.Handler{}
	for peer, wrap := range peers {
		for name, policy := range all.Policies {
			handler, err := wrap(policy, app)
			if err != nil {
				panic(err)
			}
			handlers[peer+"/"+name] = handler
		}
	}
	requests := make([][]*http.Request, len(all.Cases))
	for i := range all.Cases {
		requests[i] = all.Cases[i].requests(all.Batch)
	}
	out := json.NewEncoder(os.Stdout)
	out.SetEscapeHTML(false)
	for in := bufio.NewScanner(os.Stdin); in.Scan(); {
		var verb, peer string
		var number, ms int
		if n, _ := fmt.Sscan(in.Text(), &verb, &peer, &number, &ms); n < 3 {
			panic("not understood: " + in.Text())
		}
		c := &all.Cases[number]
		handler := handlers[peer+"/"+c.Policy]
		if verb == "empty" {
			handler = app
		}
		if verb == "answer" {
			_ = out.Encode(answer(handler, app, c, all.Batch))
		} else {
			_ = out.Encode(measure(handler, requests[number], time.Duration(ms)*time.Millisecond))
		}
	}
}
