# frozen_string_literal: true

require "active_support/cache"
require "llm_router/notifications"
require "tmpdir"
require_relative "helper"

RSpec.describe LlmRouter::RememberedAnswers, "in a cache" do
  include Remembering

  let(:budget) { Support::ChargingBudget.new }

  around { |example| Dir.mktmpdir { |folder| (@folder = folder) && example.run } }

  before do
    with_secret
    gateway.answer("a secret answer", cost_usd: "0.01")
    stub_const("DraftJob", job_that)
    remember(answer_store: file_store)
  end

  def files
    Dir[File.join(@folder, "**/*")].select { |path| File.file?(path) }
  end

  def file_store
    ActiveSupport::Cache::FileStore.new(@folder)
  end

  it "are found by the next run, and deleted when it succeeds" do
    kill_and_run { expect(files.size).to eq(1) }
    expect([gateway.requests.size, budget.charges.size, files]).to eq([1, 1, []])
    expect(seen.last).to be_remembered.and have_attributes(content: "a secret answer", cost_usd: 0, hops: [])
  end

  it "are encrypted, and under a name that says nothing" do
    die(DraftJob.new)
    kept = files.map { |path| "#{path} #{File.binread(path)}" }.join
    expect(kept).not_to match(/secret answer|#{Support::PRIMARY}|DraftJob|#{['a secret'].pack('m0')[0, 8]}/)
  end

  it "are none for an app whose secret_key_base is another" do
    kill_and_run { with_secret("another secret key base, which is long enough") }
    expect([gateway.requests.size, seen.map(&:remembered?)]).to eq([2, [false, false]])
  end

  it "are kept after the charge: an answer that is not paid for is given to nobody" do
    store = file_store
    paid = []
    allow(store).to receive(:write).and_wrap_original do |write, *arguments, **options|
      paid << budget.charges.size
      write.call(*arguments, **options)
    end
    remember(answer_store: store)
    die(DraftJob.new)
    expect(paid).to eq([1])
    broken = Class.new(Support::ChargingBudget) { def charge!(*) = raise(IOError, "down") }.new
    stub_const("DraftJob", job_that(budget: broken))
    DraftJob.new.perform_now
    expect(files.size).to eq(1)
  end

  it "are bought if the cache is down, and the log says so without the answer" do
    store = file_store
    %i[read write delete].each { |name| allow(store).to receive(name).and_raise(IOError, "a secret answer") }
    remember(answer_store: store)
    kill_and_run
    expect(seen.map(&:content)).to eq(["a secret answer"] * 2)
    expect(log).to include("an answer could not be read (IOError)", "kept", "deleted")
    expect(log).not_to include("secret answer")
  end

  it "warn of a cache that no other process reads" do
    [ActiveSupport::Cache::NullStore, ActiveSupport::Cache::MemoryStore].each do |kind|
      remember(answer_store: kind.new)
      2.times { die(DraftJob.new) }
    end
    expect(log.scan(/answer_store is a (\w+)/).flatten).to eq(%w[NullStore MemoryStore])
  end

  it "are kept of a run that failed, and not if the call failed" do
    stub_const("DraftJob", job_that(IOError.new("the app's own")))
    job = DraftJob.new
    expect { job.perform_now }.to raise_error(IOError)
    job.perform_now
    expect([gateway.requests.size, files]).to eq([1, []])
    gateway.fail(status: 400)
    DraftJob.new.perform_now
    gateway.fail(status: 503)
    DraftJob.new.tap { |failing| failing.class.queue_adapter = :test }.perform_now
    expect(files).to eq([])
  end

  it "have everything that the answer had" do
    tools = [{ "id" => "call-1", "type" => "function", "function" => { "name" => "f", "arguments" => '{"a":1.5}' } }]
    gateway.fail(Support::PRIMARY, status: 503, message: "busy")
    gateway.answer('{"a": 1}', Support::SECONDARY, cost_usd: "0.00012749999999999998", reasoning: "Hm.",
                                                   tool_calls: tools)
    kill_and_run
    readers = %i[id generation_id model requested_model endpoint provider content parsed refusal reasoning tool_calls
                 finish_reason native_finish_reason usage raw]
    first, again = seen.map { |draft| readers.to_h { |reader| [reader, draft.public_send(reader)] } }
    expect(again).to eq(first)
    expect(seen.map(&:fallback?)).to eq([true, false])
    expect(Marshal.load(Marshal.dump(seen.last))).to be_remembered
    expect(seen.last.as_json).to include("cost_usd" => "0.0", "cost_basis" => "remembered")
  end

  it "are in the call's event and in the log" do
    events = []
    ActiveSupport::Notifications.subscribed(->(*, payload) { events << payload }, "call.llm_router") { kill_and_run }
    expect(events.map { |event| event.values_at(:outcome, :remembered, :cost_usd) })
      .to eq([[:answered, false, BigDecimal("0.01")], [:answered, true, 0]])
    expect(log).to include("#{Support::PRIMARY} at openrouter answered an earlier run of this job: no request, 0 USD")
  end

  it "show nothing when they are inspected" do
    job = DraftJob.new
    shown = []
    allow(LlmRouter::RememberedAnswers::Kept).to receive(:new).and_wrap_original do |original, *arguments|
      answers = arguments.first
      original.call(*arguments).tap { |kept| shown.push(kept, answers, answers.seal) }
    end
    die(job)
    expect(shown.inspect).to include(job.job_id)
    expect(shown.inspect).not_to match(/key=|secret/)
  end

  it "are not kept unless the app says so" do
    configure(answer_store: file_store, remember_answers: nil)
    kill_and_run
    expect([files, gateway.requests.size]).to eq([[], 2])
    expect(gateway.requests.map { |request| request.headers.keys.grep(/cache/) }).to eq([[], []])
  end

  it "need an app whose secret encrypts them" do
    hide_const("Rails")
    remember(answer_store: file_store)
    DraftJob.new.perform_now
    expect(log).to include("remember_answers encrypts answers with the secret_key_base of a Rails app")
    expect(gateway.requests).to be_empty
  end

  it "take seconds and a cache" do
    { remember_answers: ["soon", -1, true], answer_store: ["redis", 7] }.each do |name, values|
      values.each do |value|
        expect do
          configure(name => value)
        end.to raise_error(LlmRouter::ConfigurationError, /#{name}/)
      end
    end
    [nil, false].each { |value| expect(configure(remember_answers: value).remember_answers).to be_nil }
  end
end
