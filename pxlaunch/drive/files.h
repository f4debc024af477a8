#pragma once
// The files of --output: made (with the directories above them) when first asked for,
// emptied then, appended to ever after. Only some are open at a time, so that a thousand
// ranks need no thousand descriptors. Writing to a file waits for the file system.

#include "pxlaunch/drive/lines.h"

#include <map>
#include <memory>

namespace px::drive {

class FileSet {
  public:
    struct Events {
        std::function<void(std::size_t credit)> written;
        std::function<void(Error)>
            failed; // once for each file; it is discarded from then on
    };

    explicit FileSet(Events events, std::size_t most_open = 200);
    ~FileSet();
    FileSet(const FileSet &) = delete;
    FileSet &operator=(const FileSet &) = delete;

    Result<void> create(const std::string &name); // empties it; only the first call does
    // The same name gives the same sink. A file that cannot be made fails as one that
    // cannot be written does.
    Sink &sink(const std::string &name);

  private:
    class File;

    Result<void> open(File &file, int flags);

    Events events_;
    std::size_t most_open_;
    std::map<std::string, std::unique_ptr<File>> files_;
    std::vector<File *> open_; // in the order of their opening
};

// Makes the directories above `path`.
Result<void> make_parents(const std::string &path);

} // namespace px::drive
