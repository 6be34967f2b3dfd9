# frozen_string_literal: true

require_relative "gateway"
require_relative "journal"
require_relative "member"
require_relative "plan"

module Soak
  # One run: starts everything, disturbs it as planned, and stops it. What came of it is in the directory.
  class Run
    # Seconds: for how long the gateway is away, and how long processes may take to end.
    AWAY = 0.3
    TO_STOP = 25
    TO_END = 40
    private_constant :AWAY, :TO_STOP, :TO_END

    # @param directory [String]
    # @param options [Options]
    # @yieldparam text [String] how far it has come
    def initialize(directory, options, &progress)
      @directory = directory
      @options = options
      @progress = progress
      @journal = Journal.new(path("run"))
      @random = Random.new(options.seed)
      @members = []
      @leaving = []
    end

    # @return [void]
    def run
      begin
        start
        Plan.new(@options).each { |action, *details| send(action, *details) }
      rescue Interrupt
        @journal.note("interrupted_run")
      end
      finish
    ensure
      [*@members, *@leaving].each(&:kill)
      @gateway&.kill
    end

    private

    def path(name)
      File.join(@directory, name)
    end

    def start
      @gateway = Gateway.new(ledger: path("ledger"), faults: @options.faults, seed: @options.seed)
      @members = Array.new(@options.processes) { |index| member("process-#{index + 1}") }
    end

    def member(name)
      options = { port: @gateway.port, threads: @options.threads, seed: @random.rand(1 << 32),
                  journal: path("#{name}.journal") }
      Member.new(name, options)
    end

    def progress(seconds)
      @progress.call(seconds)
    end

    def measure(share)
      @members.each { |member| member.tell("measure #{share}") }
    end

    def restart_gateway
      @gateway.kill
      @journal.note("gateway", "killed")
      sleep(AWAY)
      @gateway.start
      @journal.note("gateway", "started")
    end

    # The next takes over at once; who was asked to end may still be in a call.
    def restart_process(index, how, name)
      old = @members[index]
      how == "kill" ? old.kill : old.terminate
      @journal.note("killed", old.name) if how == "kill"
      @journal.note("restart", how)
      @leaving << old
      @members[index] = member(name)
    end

    # The gateway stays until nobody calls any more; and then nothing is left to be connected to.
    def finish
      @members.each { |member| member.tell("stop") }.each { |member| member.await_stop(TO_STOP) }
      @gateway.kill
      @members.each { |member| member.tell("end") }
      [*@leaving, *@members].each { |member| @journal.note("ended", member.name, member.wait(TO_END)) }
      @members = @leaving = []
    end
  end
end
