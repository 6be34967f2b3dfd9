# frozen_string_literal: true

require "active_job"
require_relative "../budget/budget_helper"

# Each example fails by name where a new Rails takes something away.
RSpec.describe LlmRouter::FrameworkInternals do
  let(:job) { Class.new(ActiveJob::Base) { def self.name = "AJob" }.new }

  it "counts a job's executions that failed with an error, and all of them where it cannot" do
    job.executions = 3
    expect(job.respond_to?(:executions_for, true)).to be(true)
    expect(Array.new(2) { described_class.executions_for(job, IOError) }).to eq([1, 2])
    expect(described_class.executions_for(Struct.new(:executions).new(3), IOError)).to eq(3)
  end

  it "makes Active Job's own events" do
    told = []
    ActiveSupport::Notifications.subscribed(->(name, *, payload) { told << [name, payload[:error]] }, /active_job\z/) do
      %i[discard retry_stopped].each { |operation| described_class.instrument(job, operation, IOError) }
    end
    expect(told).to eq([["discard.active_job", IOError], ["retry_stopped.active_job", IOError]])
  end

  it "runs what a job does after it was discarded" do
    skip "Rails 7.1 and later have after_discard" if ActiveJob.version < Gem::Version.new("7.1")

    seen = []
    job.class.after_discard { |_, error| seen << error }
    described_class.after_discard(job, IOError)
    expect(seen).to eq([IOError])
  end

  it "stands before Rails' own way to resume a continuation" do
    skip "Rails 8.1 and later have continuations" if ActiveJob.version < Gem::Version.new("8.1")

    continuable = Class.new(ActiveJob::Base) { include ActiveJob::Continuable }
    expect(continuable.private_instance_methods).to include(:resume_job)
  end

  describe "with a database", database: :sqlite do
    it "knows a leased connection, and the inside of with_connection" do
      pool = ActiveRecord::Base.connection_pool
      pool.respond_to?(:lease_connection) ? pool.lease_connection : pool.connection
      expect([described_class.leased?(pool), described_class.in_with_connection?]).to eq([true, false])
      pool.with_connection { expect(described_class).to be_in_with_connection }
      pool.release_connection
      # Rails before 7.2 tells no lease from a block's connection.
      by_block = pool.with_connection { described_class.leased?(pool) }
      expect(by_block).to be(ActiveRecord.version < Gem::Version.new("7.2"))
    end
  end
end
