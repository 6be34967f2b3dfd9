# frozen_string_literal: true

# A program: forks while its other threads are in the middle of calls. Each child makes three calls and
# ends, in one of several ways. What went wrong prints as JSON. Arguments: how many children, the
# gateway's address.
require "json"
require "llm_router"

class ForkingCalls
  EXITS = %i[return exit at_exit exec grandchild].freeze
  CALLERS = 8
  CHILDREN_AT_ONCE = 10
  private_constant :EXITS, :CALLERS, :CHILDREN_AT_ONCE

  def initialize(count)
    @count = count
    @router = LlmRouter.new(budget: LlmRouter::Unlimited)
    @failed = []
    @answered = Hash.new(0)
  end

  def run
    ask
    callers = Array.new(CALLERS) { |index| Thread.new { @answered[index] += 1 while !@stopping && ask } }
    @count.times.each_slice(CHILDREN_AT_ONCE) { |slice| wait(slice.map { |index| child(EXITS[index % EXITS.size]) }) }
    @stopping = true
    callers.each(&:join)
    ask
    { failed: @failed, callers: @answered.size }
  end

  private

  # With a prompt that no other call has, so that an answer to another call is noticed.
  def ask
    prompt = "#{Process.pid}/#{Random.bytes(8).unpack1('H*')}"
    answer = @router.call(messages: [{ role: "user", content: prompt }])
    raise "#{prompt} was answered #{answer.content}" unless answer.content == prompt
    raise "#{prompt} took #{answer.hops}" if answer.hops.any?

    true
  end

  def child(way)
    fork do
      3.times { ask }
      send(:"end_by_#{way}")
    end
  end

  def end_by_return; end

  def end_by_exit
    exit!(0)
  end

  def end_by_at_exit
    at_exit { ask }
  end

  def end_by_exec
    exec("true")
  end

  def end_by_grandchild
    grandchild = fork { 3.times { ask } }
    ask
    Process.wait2(grandchild).last.success? || exit!(1)
  end

  def wait(children)
    children.each do |pid|
      status = Process.wait2(pid).last
      @failed << status.to_s unless status.success?
    end
  end
end

if $PROGRAM_NAME == __FILE__
  count, url = ARGV
  LlmRouter.configure do |config|
    config.base_url = url
    config.api_key = "test-key"
    config.logger = nil
    config.same_vendor = :allow
    config.timeout = 20
    config.chain :default, %w[acme/only]
  end
  puts JSON.generate(ForkingCalls.new(Integer(count)).run)
end
