// Command jub0bs is github.com/jub0bs/cors as a peer.
package main

import (
	"net/http"

	"fastcors.invalid/loop"
	"github.com/jub0bs/cors"
)

func main() {
	loop.Main(map[string]loop.Make{
		"jub0bs/cors": func(policy loop.Policy, app http.Handler) (http.Handler, error) {
			middleware, err := cors.NewMiddleware(cors.Config{
				Origins:         policy.Origins,
				Credentialed:    policy.Credentials,
				Methods:         policy.Methods,
				RequestHeaders:  policy.Headers,
				MaxAgeInSeconds: policy.MaxAge,
				ResponseHeaders: policy.Expose,
			})
			if err != nil {
				return nil, err
			}
			return middleware.Wrap(app), nil
		},
	})
}
