#pragma once
// What the user reads on stderr: errors with their hints, and how a job ended. Text only;
// whoever calls writes it.

#include "pxlaunch/job/result.h"

namespace px::drive {

// "pxlaunch: error: ...\npxlaunch: hint: ...\n". Lines after the first start with the
// program's name too, so that a log says whose they are. Hints are broken at blanks
// before `columns` (0: never).
std::string rendered(const Error &error, const std::string &program = "pxlaunch",
                     std::size_t columns = 0);
// A message of one or more lines, each with the program's name.
std::string rendered_message(const std::string &text,
                             const std::string &program = "pxlaunch");

// "rank 2 on n02 was killed by SIGSEGV (core dumped); exit status 139".
std::string rank_end_text(const job::RankEnd &end);

// How a job ended, for the user. After a success there is no text.
struct Ending {
    std::string text, hint;
    bool is_error = false; // we failed, not the job: "error: " before the text
};
struct EndingContext {
    job::OnFailure rule = job::OnFailure::kill;
    std::chrono::milliseconds timeout{0};
    int running = 0; // ranks that were running when the runtime was lost
};
Ending ending(const job::JobResult &result, const EndingContext &context);
std::string rendered(const Ending &ending, const std::string &program = "pxlaunch",
                     std::size_t columns = 0);

// A signal that ends us came before there was a job.
Error not_started(int signal);

// `np` ranks were started, and each believes to be alone.
Error came_up_alone(const std::string &command, int np);

} // namespace px::drive
