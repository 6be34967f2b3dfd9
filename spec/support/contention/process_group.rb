# frozen_string_literal: true

require "fileutils"
require "tmpdir"

# Forked processes that prepare and then begin at the same moment.
class ProcessGroup
  # @yield in each process
  # @yieldparam index [Integer]
  # @yieldparam ready [Proc] to call once all is prepared: returns when all processes are
  # @yieldreturn [Object] what {#wait} brings back
  def initialize(count, &)
    @directory = Dir.mktmpdir("llm_router")
    @gate, @opener = IO.pipe
    @ready, @announce = IO.pipe
    @pids = Array.new(count) { |index| fork { run(index, &) } }
    [@gate, @announce].each(&:close)
  end

  # Waits until all of them are ready, or dead.
  # @return [void]
  def start
    @ready.read(@pids.size)
    [@ready, @opener].each(&:close)
  end

  # With SIGKILL, whatever it is doing.
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

  # Skips the parent's at_exit blocks, which would stop its servers.
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
    @announce.write("x")
    @announce.close
    @gate.read
  end
end
