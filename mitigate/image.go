package mitigate

import (
	"slices"
	"strings"
)

// byImages returns the software of images, if it is one and the same.
func (l *Library) byImages(images []string) (is *softwareEntry, by string) {
	if len(images) == 1 && strings.HasPrefix(images[0], "(") && strings.HasSuffix(images[0], ")") {
		images = strings.Split(images[0][1:len(images[0])-1], ",") // a list as it stands in Falco's output
	}
	for i, image := range images {
		x, how := l.byImage(image)
		if x == nil || i > 0 && x != is {
			return nil, ""
		}
		if i == 0 || how == "mirror" {
			is, by = x, how
		}
	}
	return is, by
}

func (l *Library) byImage(image string) (*softwareEntry, string) {
	repository := repositoryOf(image)
	if x := l.softwareBy("image", repository); x != nil {
		return x, "publisher"
	}
	if x := l.softwareBy("mirror of", lastTwo(repository)); x != nil {
		return x, "mirror"
	}
	// Rancher publishes what others publish: rancher/mirrored-calico-node.
	if name, ok := strings.CutPrefix(repository, "rancher/mirrored-"); ok {
		for i, c := range name {
			if c != '-' {
				continue
			}
			if x := l.softwareBy("mirror of", name[:i]+"/"+name[i+1:]); x != nil {
				return x, "publisher"
			}
		}
	}
	return nil, ""
}

// repositoryOf returns the repository of an image without tag and digest, in the
// form in which the catalogue has it.
func repositoryOf(image string) string {
	s, _, _ := strings.Cut(image[:min(len(image), 512)], "@")
	if i := strings.LastIndexByte(s, ':'); i > strings.LastIndexByte(s, '/') && i > 0 {
		s = s[:i]
	}
	host, rest, ok := strings.Cut(s, "/")
	switch {
	case !ok:
		return "library/" + s
	case host == "docker.io" || host == "index.docker.io" || host == "registry-1.docker.io":
		if !strings.Contains(rest, "/") {
			rest = "library/" + rest
		}
		return rest
	case host == "mcr.microsoft.com" && strings.HasPrefix(rest, "oss/v2/"):
		return host + "/oss/" + rest[len("oss/v2/"):]
	case host == "k8s.gcr.io":
		return "registry.k8s.io/" + rest
	case strings.HasSuffix(host, "-artifactregistry.gcr.io") && strings.HasPrefix(rest, gkeRegional): // one for each region
		return "gke.gcr.io/" + rest[len(gkeRegional):]
	case host == "gcr.io" && strings.HasPrefix(rest, gkeGlobal):
		return "gke.gcr.io/" + rest[len(gkeGlobal):]
	case strings.HasSuffix(host, ".amazonaws.com") || strings.HasSuffix(host, ".amazonaws.com.cn"):
		if account, _, _ := strings.Cut(host, "."); slices.Contains(eksAccounts, account) {
			return "602401143452.dkr.ecr.us-west-2.amazonaws.com/" + rest
		}
	}
	return s
}

// Google's repositories for what GKE runs, and Amazon's accounts for what EKS runs:
// one for most regions, one of its own for each of the others.
const (
	gkeRegional = "gke-release/gke-release/"
	gkeGlobal   = "gke-release/"
)

var eksAccounts = []string{
	"602401143452",
	"013241004608", "066635153087", "121268973566", "151610086707", "151742754352", "296578399912", "333609536671", "455263428931",
	"491585149902", "533267051163", "558608220178", "590381155156", "730335286997", "759879836304", "761377655185", "800184023465",
	"877085696533", "900612956339", "900889452093", "918309763551", "961992271922",
}

// lastTwo returns the last two parts of a path, which a mirror keeps; "" if it
// has but one.
func lastTwo(repository string) string {
	i := strings.LastIndexByte(repository, '/')
	if i < 0 {
		return ""
	}
	return repository[strings.LastIndexByte(repository[:i], '/')+1:]
}
