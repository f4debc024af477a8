#pragma once
// `pxrec run --image`: the command line and the environment with which a script is
// started inside an image, beside a pxlaunch that runs in any.

#include "rec/cli/arguments.h"
#include "rec/cli/foreground.h"
#include "rec/cli/image_settings.h"
#include "rec/cli/script_environment.h"

namespace px::rec {

// The path of a pxlaunch that needs nothing of the image: the one of --client, else one
// beside pxrec or in ../libexec/pxlaunch. An Error says what is wrong with what is there.
Result<std::string> find_client(const Arguments &arguments);

// pxwrap, which becomes the script. `directory` is where pxrec was started. Everything
// but whether the image has the script is checked.
Result<Program> in_image(const Arguments &arguments, const ImageSettings &settings,
                         const std::string &directory);

// Its environment: outside what the engine may need of our own, inside `variables`, the
// settings for its pxlaunch, and what -x says.
Result<job::Environment> image_environment(const Arguments &arguments, const Site &site,
                                           const Variables &variables,
                                           const std::string &directory);

} // namespace px::rec
