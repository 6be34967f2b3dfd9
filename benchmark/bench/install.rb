# frozen_string_literal: true

require "find"
require "open3"
require "rbconfig"
require "tmpdir"

module Bench
  # What it takes to install the source gem. Its crates have been fetched before, for the checkout.
  module Install
    ROOT = File.expand_path("../..", __dir__)
    private_constant :ROOT

    module_function

    # @return [Array<Array(String, Float, String, Boolean)>] as {Figures#goals}
    def goals
      Dir.mktmpdir do |home|
        package, build = %w[llm_router.gem build].map { |name| File.join(home, name) }
        gem("build", "--silent", "llm_router.gemspec", "--output", package)
        Dir.mkdir(build)
        seconds = time { install(package, into: home, build: build) }
        raise "the build has left #{Dir.children(build)} behind" unless Dir.empty?(build)

        report(seconds, megabytes(home))
      end
    end

    def report(seconds, megabytes)
      [["`gem install` from source, s", seconds, "≤ 75", seconds <= 75],
       ["what it leaves, MB", megabytes, "≤ 8", megabytes <= 8]]
    end

    # Its dependencies are gems that come with Ruby, which an empty directory does not show.
    def install(package, into:, build:)
      gem("install", "--silent", "--local", "--no-document", "--ignore-dependencies", "--install-dir", into, package,
          "TMPDIR" => build)
    end

    def megabytes(home)
      files = Find.find("#{home}/gems", "#{home}/extensions").select { |path| File.file?(path) }
      files.sum { |path| File.size(path) } / 1e6
    end

    def gem(*arguments, **environment)
      environment["CARGO_TARGET_DIR"] = nil
      said, status = Open3.capture2e(environment, RbConfig.ruby, "-S", "gem", *arguments, chdir: ROOT)
      raise said unless status.success?
    end

    def time
      started = Process.clock_gettime(Process::CLOCK_MONOTONIC)
      yield
      Process.clock_gettime(Process::CLOCK_MONOTONIC) - started
    end
  end
end
