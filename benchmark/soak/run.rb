# frozen_string_literal: true

require_relative "../../spec/support/stalls"
require_relative "gateway"
require_relative "journal"
require_relative "worker_process"
require_relative "plan"

module Soak
  # One run: starts everything, disturbs it as planned, and stops it. What came of it is in the directory.
  class Run
    # Seconds: for how long the gateway is away, and after which a process that starts or ends has come to a standstill.
    AWAY = 0.3
    TO_START = 120
    TO_STOP = 120
    TO_END = 120
    private_constant :AWAY, :TO_START, :TO_STOP, :TO_END

    # @param directory [String]
    # @param options [Options]
    # @yieldparam text [String] how far it has come
    def initialize(directory, options, &progress)
      @directory = directory
      @options = options
      @progress = progress
      @journal = Journal.new(path("run"))
      @random = Random.new(options.seed)
      @workers = []
      @leaving = []
      return unless options.budget

      require_relative "database"
      @database = Database.new(options)
    end

    # @return [void]
    def run
      begin
        @stalls = Stalls.watch { |*moments| @journal.note("stall", *moments) }
        start
        await_all
        Plan.new(@options).each { |action, *details| send(action, *details) }
      rescue Interrupt
        @journal.note("interrupted_run")
      end
      finish
    ensure
      @stalls&.kill
      [*@workers, *@leaving].each(&:kill)
      @gateway&.kill
    end

    private

    def path(name)
      File.join(@directory, name)
    end

    def start
      @gateway = Gateway.new(ledger: path("ledger"), faults: @options.faults, seed: @options.seed)
      @workers = Array.new(@options.processes) { |index| worker("process-#{index + 1}") }
    end

    def await_all
      @workers.each { |worker| worker.await("ready", TO_START) }
    end

    def worker(name)
      options = { port: @gateway.port, threads: @options.threads, seed: @random.rand(1 << 32),
                  journal: path("#{name}.journal"), database: @database&.for_worker }
      WorkerProcess.new(name, options)
    end

    def progress(seconds)
      @progress.call(seconds)
    end

    def measure(share)
      @workers.each { |worker| worker.order("measure #{share}") }
    end

    def restart_gateway
      @gateway.kill
      @journal.note("gateway", "killed")
      sleep(AWAY)
      @gateway.start
      @journal.note("gateway", "started")
    end

    # A worker that starts needs its rows.
    def restart_database
      await_all
      @journal.note("database", "stopped", now.floor(3))
      @database.restart
      @journal.note("database", "started", now.ceil(3))
    end

    def top_up
      @database.top_up
    end

    # The next takes over at once; a process that is to end may still be in a call. One that has only begun to start
    # would die of the signal.
    def restart_process(index, how, name)
      old = @workers[index]
      how == "kill" ? old.kill : old.await("ready", TO_START) && old.terminate
      @journal.note("killed", old.name) if how == "kill"
      @journal.note("restart", how)
      @leaving << old
      @workers[index] = worker(name)
    end

    def now
      Process.clock_gettime(Process::CLOCK_MONOTONIC)
    end

    # The gateway stays until nobody calls any more; and then nothing is left to be connected to.
    def finish
      @workers.each { |worker| worker.order("stop") }.each { |worker| worker.await("stopped", TO_STOP) }
      @gateway.kill
      @workers.each { |worker| worker.order("end") }
      [*@leaving, *@workers].each { |worker| @journal.note("ended", worker.name, worker.wait(TO_END)) }
      @workers = @leaving = []
      @database&.close(Journal.new(path("database")))
    end
  end
end
