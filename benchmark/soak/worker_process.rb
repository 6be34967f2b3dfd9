# frozen_string_literal: true

require "io/wait"
require "json"
require "rbconfig"

module Soak
  # One worker's process, as the process that started it sees it.
  class WorkerProcess
    PROGRAM = File.expand_path("worker.rb", __dir__)
    LIBRARY = File.expand_path("../../lib", __dir__)
    # One heap of malloc's for all threads, and nothing set aside for each. Both fill up for as long as hours, by
    # chance, with memory that is free: what is measured is to be what the process holds.
    MALLOC = { "GLIBC_TUNABLES" => "glibc.malloc.arena_max=1:glibc.malloc.tcache_count=0" }.freeze
    ENVIRONMENT = { "RUBYOPT" => nil, "OPENROUTER_API_KEY" => nil, **MALLOC }.freeze
    private_constant :PROGRAM, :LIBRARY, :MALLOC, :ENVIRONMENT

    # @return [String] which no other worker has
    attr_reader :name

    # @param name [String]
    # @param options [Hash] for {Worker}
    def initialize(name, options)
      @name = name
      # A group of its own: Ctrl-C is for whoever started it alone, and it can be killed with its children.
      @process = IO.popen([ENVIRONMENT, RbConfig.ruby, "-I", LIBRARY, PROGRAM, options.to_json, { pgroup: true }], "r+")
      @pid = @process.pid
      @said = []
    end

    # @param line [String] what it is to do
    # @return [void]
    def order(line)
      @process.syswrite("#{line}\n")
    rescue Errno::EPIPE
      # It has ended, which its status will show.
    end

    # @param line [String] that it is to say: "ready" before it calls, "stopped" after that
    # @param seconds [Numeric] how long to wait at most
    # @return [WorkerProcess] itself
    def await(line, seconds)
      ends_at = now + seconds
      until @said.include?(line)
        break unless @process.wait_readable([ends_at - now, 0].max) && (said = @process.gets)

        @said << said.chomp
      end
      self
    end

    # Asks it to end, as a deployment does.
    # @return [void]
    def terminate
      Process.kill(:TERM, @pid)
    end

    # At once, with its children.
    # @return [void]
    def kill
      Process.kill(:KILL, -@pid)
    rescue Errno::ESRCH
      nil
    end

    # @param seconds [Numeric] that it may take to end
    # @return [String] its exit status, or what ended it
    def wait(seconds)
      ends_at = now + seconds
      sleep(0.02) until (status = Process.wait2(@pid, Process::WNOHANG)&.last) || now > ends_at
      unless status
        kill
        Process.wait(@pid)
      end
      @process.close
      words(status)
    end

    private

    def words(status)
      return "hung" unless status

      (status.exitstatus || "signal_#{status.termsig}").to_s
    end

    def now
      Process.clock_gettime(Process::CLOCK_MONOTONIC)
    end
  end
end
