# frozen_string_literal: true

require "open3"
require "rbconfig"

module Bench
  # What it takes to have a router at all.
  module Start
    LIB = File.expand_path("../../lib", __dir__)
    # Microseconds for one router of a configured chain.
    NEW = <<~RUBY
      require "llm_router"
      LlmRouter.configure { |c| c.api_key = "k"; c.logger = nil; c.chain :default, %w[a/b c/d e/f] }
      budget = LlmRouter::Unlimited
      10_000.times { LlmRouter.new(budget: budget) }
      started = Process.clock_gettime(Process::CLOCK_MONOTONIC)
      100_000.times { LlmRouter.new(budget: budget) }
      print (Process.clock_gettime(Process::CLOCK_MONOTONIC) - started) * 10
    RUBY
    # Milliseconds, and the threads there are after it.
    REQUIRE = <<~RUBY
      started = Process.clock_gettime(Process::CLOCK_MONOTONIC)
      require "llm_router"
      took = (Process.clock_gettime(Process::CLOCK_MONOTONIC) - started) * 1000
      abort "a thread was started" if Thread.list.size > 1 || Dir.children("/proc/self/task").size > $tasks
      print took
    RUBY
    TASKS = '$tasks = Dir.children("/proc/self/task").size;'
    private_constant :LIB, :NEW, :REQUIRE, :TASKS

    module_function

    # @return [Array<Array(String, Float, String, Boolean)>] as {Figures#goals}
    def goals(rounds)
      made = median(rounds) { run(NEW) }
      loaded = median(rounds * 3) { run(TASKS + REQUIRE) }
      [["LlmRouter.new, µs", made, "≤ 5", made <= 5], ["require \"llm_router\", ms", loaded, "≤ 12", loaded <= 12]]
    end

    def median(times, &)
      Array.new(times, &).sort[times / 2]
    end

    def run(code)
      out, status = Open3.capture2(RbConfig.ruby, "-I", LIB, "-e", code)
      raise "ended with #{status}" unless status.success?

      Float(out)
    end
  end
end
