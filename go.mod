module github.com/falconer-go/falconer

go 1.25

require go.yaml.in/yaml/v4 v4.0.0 // indirect
