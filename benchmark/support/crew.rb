# frozen_string_literal: true

require "fileutils"
require "tmpdir"

# Forked processes that get ready and then begin at the same moment.
class Crew
  # @yield in each process
  # @yieldparam index [Integer]
  # @yieldparam ready [Proc] to call once all is prepared: returns when everybody is
  # @yieldreturn [Object] what {#wait} brings back
  def initialize(count, &)
    @directory = Dir.mktmpdir("llm_router")
    @gate, @opener = IO.pipe
    @ready, @told = IO.pipe
    @pids = Array.new(count) { |index| fork { run(index, &) } }
    [@gate, @told].each(&:close)
  end

  # Once all of them are ready. One that died on its way does not hold up the others.
  # @return [void]
  def start
    @ready.read(@pids.size)
    [@ready, @opener].each(&:close)
  end

  # At once, whatever it is doing.
  def kill(index)
    Process.kill(:KILL, @pids.fetch(index))
  end

  # @return [Array<Process::Status>] in the order of their indices
  def wait
    @wait ||= @pids.map { |pid| Process.wait2(pid).last }
  end

  # @return [Array<Object>] what the blocks of those returned that came to their end
  def results
    wait
    Dir[File.join(@directory, "*")].map { |path| Marshal.load(File.binread(path)) } # rubocop:disable Security/MarshalLoad
  ensure
    FileUtils.rm_rf(@directory)
  end

  # @return [Integer] how many were killed
  def killed
    wait.count { |status| status.termsig == Signal.list.fetch("KILL") }
  end

  # @return [Integer] how many failed
  def failed
    wait.count { |status| !status.success? } - killed
  end

  private

  # Without what the parent does at its exit: its servers are to live on.
  def run(index)
    [@opener, @ready].each(&:close)
    result = yield index, method(:prepared)
    File.binwrite(File.join(@directory, index.to_s), Marshal.dump(result))
    done = true
  rescue Exception => e # rubocop:disable Lint/RescueException
    warn e.full_message
  ensure
    exit!(done ? 0 : 1)
  end

  def prepared
    @told.write("x")
    @told.close
    @gate.read
  end
end
