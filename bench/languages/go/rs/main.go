// Command rs is github.com/rs/cors as a peer.
package main

import (
	"net/http"

	"fastcors.invalid/loop"
	"github.com/rs/cors"
)

func main() {
	loop.Main(map[string]loop.Make{
		"rs/cors": func(policy loop.Policy, app http.Handler) (http.Handler, error) {
			return cors.New(cors.Options{
				AllowedOrigins:   policy.Origins,
				AllowedMethods:   append([]string{"GET", "HEAD", "POST"}, policy.Methods...),
				AllowedHeaders:   policy.Headers,
				ExposedHeaders:   policy.Expose,
				MaxAge:           policy.MaxAge,
				AllowCredentials: policy.Credentials,
			}).Handler(app), nil
		},
	})
}
